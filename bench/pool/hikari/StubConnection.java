import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;

/**
 * A connection to nothing. What a pool calls when it takes in, hands out, checks and takes back a connection is a field
 * read or written; everything else refuses, since no run of this benchmark may depend on it unnoticed.
 */
final class StubConnection implements Connection {
  private boolean autoCommit = true;
  private boolean readOnly;
  private boolean closed;
  private int isolation = TRANSACTION_READ_COMMITTED;
  private int networkTimeout; // milliseconds
  private String catalog = "";
  private String schema = "";

  private static SQLFeatureNotSupportedException refused() {
    return new SQLFeatureNotSupportedException("the stub connection runs no statements");
  }

  // What a pool uses.
  @Override public boolean isValid(int timeoutSeconds) { return !closed; }
  @Override public void setAutoCommit(boolean on) { autoCommit = on; }
  @Override public boolean getAutoCommit() { return autoCommit; }
  @Override public void commit() {}
  @Override public void rollback() {}
  @Override public void close() { closed = true; }
  @Override public void abort(Executor executor) { closed = true; }
  @Override public boolean isClosed() { return closed; }
  @Override public void setReadOnly(boolean on) { readOnly = on; }
  @Override public boolean isReadOnly() { return readOnly; }
  @Override public void setCatalog(String name) { catalog = name; }
  @Override public String getCatalog() { return catalog; }
  @Override public void setSchema(String name) { schema = name; }
  @Override public String getSchema() { return schema; }
  @Override public void setTransactionIsolation(int level) { isolation = level; }
  @Override public int getTransactionIsolation() { return isolation; }
  @Override public void setNetworkTimeout(Executor executor, int milliseconds) { networkTimeout = milliseconds; }
  @Override public int getNetworkTimeout() { return networkTimeout; }
  @Override public SQLWarning getWarnings() { return null; }
  @Override public void clearWarnings() {}
  @Override public boolean isWrapperFor(Class<?> type) { return false; }

  // What only an application would use.
  @Override public Statement createStatement() throws SQLException { throw refused(); }
  @Override public Statement createStatement(int type, int concurrency) throws SQLException { throw refused(); }
  @Override public Statement createStatement(int type, int concurrency, int hold) throws SQLException {
    throw refused();
  }
  @Override public PreparedStatement prepareStatement(String sql) throws SQLException { throw refused(); }
  @Override public PreparedStatement prepareStatement(String sql, int keys) throws SQLException { throw refused(); }
  @Override public PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
    throw refused();
  }
  @Override public PreparedStatement prepareStatement(String sql, String[] columns) throws SQLException {
    throw refused();
  }
  @Override public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
    throw refused();
  }
  @Override public PreparedStatement prepareStatement(String sql, int type, int concurrency, int hold)
      throws SQLException {
    throw refused();
  }
  @Override public CallableStatement prepareCall(String sql) throws SQLException { throw refused(); }
  @Override public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
    throw refused();
  }
  @Override public CallableStatement prepareCall(String sql, int type, int concurrency, int hold) throws SQLException {
    throw refused();
  }
  @Override public String nativeSQL(String sql) throws SQLException { throw refused(); }
  @Override public DatabaseMetaData getMetaData() throws SQLException { throw refused(); }
  @Override public Map<String, Class<?>> getTypeMap() throws SQLException { throw refused(); }
  @Override public void setTypeMap(Map<String, Class<?>> map) throws SQLException { throw refused(); }
  @Override public void setHoldability(int hold) throws SQLException { throw refused(); }
  @Override public int getHoldability() throws SQLException { throw refused(); }
  @Override public Savepoint setSavepoint() throws SQLException { throw refused(); }
  @Override public Savepoint setSavepoint(String name) throws SQLException { throw refused(); }
  @Override public void rollback(Savepoint savepoint) throws SQLException { throw refused(); }
  @Override public void releaseSavepoint(Savepoint savepoint) throws SQLException { throw refused(); }
  @Override public Clob createClob() throws SQLException { throw refused(); }
  @Override public Blob createBlob() throws SQLException { throw refused(); }
  @Override public NClob createNClob() throws SQLException { throw refused(); }
  @Override public SQLXML createSQLXML() throws SQLException { throw refused(); }
  @Override public Array createArrayOf(String type, Object[] elements) throws SQLException { throw refused(); }
  @Override public Struct createStruct(String type, Object[] attributes) throws SQLException { throw refused(); }
  @Override public void setClientInfo(String name, String value) {}
  @Override public void setClientInfo(Properties properties) {}
  @Override public String getClientInfo(String name) throws SQLException { throw refused(); }
  @Override public Properties getClientInfo() throws SQLException { throw refused(); }
  @Override public <T> T unwrap(Class<T> type) throws SQLException { throw refused(); }
}
