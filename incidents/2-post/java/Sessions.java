import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbConnection;
import org.springframework.jdbc.datasource.DataSourceUtils;

/** Which of the server's sessions each publisher has, for the play: asked of the driver, not of the server. */
class Sessions {
  private final DataSource pool;
  private final Map<Thread, Long> told = new ConcurrentHashMap<>();

  Sessions(DataSource pool) {
    this.pool = pool;
  }

  /** Called within a transaction, before its first statement. Tells of a session when it is another than before. */
  void begun() {
    final long session = current();
    final Long before = told.put(Thread.currentThread(), session);
    if (before == null || before != session) {
      Tell.that("began", "session", session);
    }
  }

  private long current() {
    final Connection connection = DataSourceUtils.getConnection(pool);
    try {
      return connection.unwrap(MariaDbConnection.class).getServerThreadId();
    } catch (SQLException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      DataSourceUtils.releaseConnection(connection, pool);
    }
  }
}
