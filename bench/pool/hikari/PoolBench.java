/** HikariCP's side of bench/pool; see README.md there. Prints one JSON object on one line. */
public final class PoolBench {
  private static final String USAGE =
      "usage: run cycle [--threads 1] [--connections 32] [--seconds 5] [--warmup 3] [--hold-us 0]\n"
          + "       run spike [--threads 50] [--maximum 50] [--minimum-idle 5] [--connect-ms 150] [--query-ms 2]\n"
          + "                 [--warmup 2]";

  private PoolBench() {}

  public static void main(String[] arguments) throws InterruptedException {
    final String measurement = arguments.length == 0 ? "" : arguments[0];
    if (measurement.equals("--help") || measurement.equals("-h")) {
      System.out.println(USAGE);
      return;
    }
    try {
      System.out.println(measured(measurement, arguments));
    } catch (Options.Wrong wrong) {
      System.err.println(wrong.getMessage() + "\n" + USAGE);
      System.exit(2);
    } catch (RuntimeException failed) {
      System.err.println("the measurement failed");
      failed.printStackTrace();
      System.exit(1);
    }
  }

  private static JsonLine measured(String measurement, String[] arguments) throws InterruptedException {
    switch (measurement) {
      case "cycle":
        return new Cycle(new Options(arguments, 1)).run();
      case "spike":
        return new Spike(new Options(arguments, 1)).run();
      default:
        throw new Options.Wrong("which measurement: cycle or spike?");
    }
  }
}
