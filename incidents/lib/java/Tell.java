import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** What happens, one line of JSON at a time, for the play. */
final class Tell {
  private static final Map<String, CountDownLatch> AWAITED = new ConcurrentHashMap<>();

  private Tell() {}

  /** What has become of the one whose thread this is; further names and their values in turn. */
  static void that(String state, Object... namesAndValues) {
    final String name = Thread.currentThread().getName();
    final StringBuilder line = new StringBuilder("{\"who\": ").append(json(name));
    line.append(", \"state\": ").append(json(state));
    for (int index = 0; index < namesAndValues.length; index += 2) {
      line.append(", ").append(json(namesAndValues[index])).append(": ").append(json(namesAndValues[index + 1]));
    }
    System.out.println(line.append('}'));
    final CountDownLatch awaited = AWAITED.get(name + " " + state);
    if (awaited != null) {
      awaited.countDown();
    }
  }

  /** Open once the one of this name has said this. */
  static CountDownLatch latch(String name, String state) {
    return AWAITED.computeIfAbsent(name + " " + state, unused -> new CountDownLatch(1));
  }

  private static String json(Object value) {
    if (value instanceof Number) {
      return value.toString();
    }
    final StringBuilder text = new StringBuilder("\"");
    for (final char character : String.valueOf(value).toCharArray()) {
      if (character == '"' || character == '\\') {
        text.append('\\');
      }
      text.append(character < ' ' ? ' ' : character);
    }
    return text.append('"').toString();
  }
}
