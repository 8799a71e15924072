import java.util.concurrent.ThreadLocalRandom;

/** The unit of work that a thread is at, as tracers write it behind statements. pgjdbc writes its RETURNING behind that. */
final class Trace {
  private static final boolean TAGGED = Pools.number("TAGGED", 0) != 0;
  private static final ThreadLocal<String> CURRENT = new ThreadLocal<>();

  private Trace() {}

  /** From now on this thread is at another unit of work. */
  static void begin() {
    final ThreadLocalRandom random = ThreadLocalRandom.current();
    CURRENT.set(String.format("00-%016x%016x-%016x-01", random.nextLong(), random.nextLong(), random.nextLong()));
  }

  static String tagged(String sql) {
    return TAGGED ? sql + " /*traceparent='" + CURRENT.get() + "'*/" : sql;
  }
}
