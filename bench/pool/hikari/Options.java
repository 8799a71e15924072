import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** --name NUMBER pairs; a name that nobody asked for is refused. */
final class Options {
  static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  private final Map<String, String> given = new HashMap<>();

  Options(String[] arguments, int first) {
    for (int index = first; index < arguments.length; index += 2) {
      if (!arguments[index].startsWith("--")) {
        throw new Wrong("expected an option, found '" + arguments[index] + "'");
      }
      if (index + 1 == arguments.length) {
        throw new Wrong(arguments[index] + " needs a value");
      }
      if (given.put(arguments[index].substring(2), arguments[index + 1]) != null) {
        throw new Wrong(arguments[index] + " is given twice");
      }
    }
  }

  int integer(String name, int otherwise, int smallest, int largest) {
    return (int) number(name, otherwise, smallest, largest, true);
  }

  double decimal(String name, double otherwise, double smallest, double largest) {
    return number(name, otherwise, smallest, largest, false);
  }

  void refuseOthers() {
    if (!given.isEmpty()) {
      throw new Wrong("unknown option --" + given.keySet().iterator().next());
    }
  }

  private double number(String name, double otherwise, double smallest, double largest, boolean whole) {
    final String text = given.remove(name);
    if (text == null) {
      return otherwise;
    }
    try {
      final double value = whole ? Integer.parseInt(text) : Double.parseDouble(text);
      if (value >= smallest && value <= largest) {
        return value;
      }
    } catch (NumberFormatException wrong) {
      // The message below says it all.
    }
    final String expected = whole ? "a whole number from %.0f to %.0f" : "a number from %.1f to %.1f";
    throw new Wrong("--" + name + ": '" + text + "' is not " + String.format(Locale.ROOT, expected, smallest, largest));
  }
}
