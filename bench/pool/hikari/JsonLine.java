import java.util.Locale;

/** One flat JSON object on one line, its members in the order in which they are added. */
final class JsonLine {
  private final StringBuilder text = new StringBuilder("{");

  /** For names and versions, which hold nothing that JSON would have to escape. */
  JsonLine add(String name, String value) {
    return member(name, '"' + value + '"');
  }

  JsonLine add(String name, long value) {
    return member(name, Long.toString(value));
  }

  JsonLine add(String name, double value, int decimals) {
    return member(name, String.format(Locale.ROOT, "%." + decimals + "f", value));
  }

  @Override
  public String toString() {
    return text + "}";
  }

  private JsonLine member(String name, String value) {
    text.append(text.length() == 1 ? "" : ",").append('"').append(name).append("\":").append(value);
    return this;
  }
}
