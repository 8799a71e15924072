import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** HikariCP as both measurements use it. */
final class Peer {
  // A starved thread is to be seen in the figures, not as a timeout.
  private static final long CONNECTION_TIMEOUT_MILLISECONDS = 60_000;
  private static final String MADE_OF = "/META-INF/maven/com.zaxxer/HikariCP/pom.properties";
  private static final long FILL_NANOSECONDS = TimeUnit.SECONDS.toNanos(60);

  private Peer() {}

  /** A pool that holds its minimum of connections. Everything that is not set here is HikariCP's default. */
  static HikariDataSource filledPool(StubDataSource database, int minimumIdle, int maximum) {
    final HikariConfig config = new HikariConfig();
    config.setDataSource(database);
    config.setMinimumIdle(minimumIdle);
    config.setMaximumPoolSize(maximum);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLISECONDS);
    final HikariDataSource pool = new HikariDataSource(config);
    final long deadline = System.nanoTime() + FILL_NANOSECONDS;
    while (size(pool) < minimumIdle) {
      if (System.nanoTime() - deadline > 0) {
        pool.close();
        throw new IllegalStateException("the pool did not fill to " + minimumIdle + " connections");
      }
      Pause.nanoseconds(TimeUnit.MILLISECONDS.toNanos(1));
    }
    return pool;
  }

  static int size(HikariDataSource pool) {
    return pool.getHikariPoolMXBean().getTotalConnections();
  }

  /** CPU time of the whole process: callers, the pool's threads, garbage collection. */
  static double cpuSeconds() {
    final var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  static JsonLine line(String measurement) {
    return new JsonLine().add("measurement", measurement).add("pool", "HikariCP").add("version", version());
  }

  private static String version() {
    final Properties made = new Properties();
    try (InputStream file = HikariDataSource.class.getResourceAsStream(MADE_OF)) {
      if (file != null) {
        made.load(file);
      }
    } catch (IOException broken) {
      // An unknown version is no reason to measure nothing.
    }
    return made.getProperty("version", "unknown");
  }
}
