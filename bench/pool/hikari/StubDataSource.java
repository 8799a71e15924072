import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** A database that is always up and costs nothing but, if told so, the time to connect. */
final class StubDataSource implements DataSource {
  private final AtomicInteger connecting = new AtomicInteger();
  private final AtomicInteger created = new AtomicInteger();
  private volatile long connectNanoseconds;
  private volatile int loginTimeoutSeconds;

  void setConnectNanoseconds(long nanoseconds) {
    connectNanoseconds = nanoseconds;
  }

  /** Connections made so far, closed ones included. */
  int created() {
    return created.get();
  }

  /** Connection attempts under way. */
  int connecting() {
    return connecting.get();
  }

  @Override
  public Connection getConnection() {
    connecting.incrementAndGet();
    Pause.nanoseconds(connectNanoseconds);
    // Counted before the attempt ends, so that nobody sees neither.
    created.incrementAndGet();
    connecting.decrementAndGet();
    return new StubConnection();
  }

  @Override
  public Connection getConnection(String user, String password) {
    return getConnection();
  }

  @Override
  public int getLoginTimeout() {
    return loginTimeoutSeconds;
  }

  @Override
  public void setLoginTimeout(int seconds) {
    loginTimeoutSeconds = seconds;
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter writer) {}

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("the stub logs nothing");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("the stub wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
