import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** The pool of a play's program, as the play has asked for it in the environment. */
final class Pools {
  private static final int TIMEOUT_MILLISECONDS = 3000;

  private Pools() {}

  static HikariDataSource open(String application) {
    return open(application, System.getenv("DATABASE_USER"), Integer.parseInt(System.getenv("POOL_SIZE")));
  }

  static HikariDataSource open(String application, String user, int size) {
    final HikariConfig config = new HikariConfig();
    config.setJdbcUrl(named(System.getenv("DATABASE_URL"), application));
    config.setUsername(user);
    config.setMaximumPoolSize(size);
    config.setConnectionTimeout(number("CONNECTION_TIMEOUT_MS", TIMEOUT_MILLISECONDS));
    config.setLeakDetectionThreshold(number("LEAK_DETECTION_MS", 0)); // HikariCP takes no less than two seconds
    return new HikariDataSource(config);
  }

  static int number(String name, int unlessSaid) {
    final String said = System.getenv(name);
    return said == null ? unlessSaid : Integer.parseInt(said);
  }

  /**
   * How the server, and so a database administrator, can tell which program a connection is of. pgjdbc says so in its first
   * words if it knows that the server takes it, and by a SET afterwards if it does not.
   */
  private static String named(String url, String application) {
    final boolean postgres = url.startsWith("jdbc:postgresql:");
    return url
        + (postgres ? "?assumeMinServerVersion=9.0&ApplicationName=" : "?connectionAttributes=program_name:")
        + application;
  }
}
