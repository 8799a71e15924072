import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** pgjdbc as applications use it, with statements prepared at once and at the fifth run; what it prints is compared. */
public final class JdbcClient {
  private JdbcClient() {}

  private interface Work {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    for (String threshold : new String[] {"1", "5", "0"}) {
      System.out.println("prepareThreshold " + threshold);
      try (Connection connection = connect(threshold)) {
        tables(connection);
        prepared(connection);
        batches(connection);
        transactions(connection);
        fetching(connection);
        largeObjects(connection);
        copies(connection);
        sessionState(connection);
      }
    }
  }

  private static Connection connect(String threshold) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("prepareThreshold", threshold);
    properties.setProperty("preparedStatementCacheQueries", "8"); // Evicted soon: Close messages within the traffic.
    properties.setProperty("sslmode", "disable");
    properties.setProperty("ApplicationName", "jdbc");
    String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    return DriverManager.getConnection(url, properties);
  }

  private static void refused(String what, Work work) {
    try {
      work.run();
      System.out.println(what + " went through");
    } catch (SQLException error) {
      System.out.println(what + " " + error.getSQLState() + " " + error.getMessage());
    } catch (Exception error) {
      System.out.println(what + " " + error);
    }
  }

  private static String value(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "nothing";
    }
  }

  private static void tables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS item");
      statement.execute("CREATE TABLE item (id serial PRIMARY KEY, name text, price int)");
    }
  }

  private static void prepared(Connection connection) throws Exception {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item (name, price) VALUES (?, ?)",
             Statement.RETURN_GENERATED_KEYS)) {
      for (int number = 0; number < 10; number++) {
        insert.setString(1, number % 3 == 0 ? null : "item " + number);
        insert.setInt(2, number);
        insert.executeUpdate();
        try (ResultSet keys = insert.getGeneratedKeys()) {
          keys.next();
          System.out.print(keys.getInt(1) + " ");
        }
      }
    }
    for (int number = 0; number < 40; number++) {
      try (PreparedStatement select = connection.prepareStatement("SELECT ?::int + " + number % 13)) {
        select.setInt(1, number);
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          System.out.print(rows.getInt(1) + " ");
        }
      }
    }
    System.out.println();
    try (PreparedStatement failing = connection.prepareStatement("SELECT 1 / ?")) {
      for (int number = 2; number >= -2; number--) {
        int divisor = number;
        refused("division", () -> {
          failing.setInt(1, divisor);
          failing.executeQuery().close();
        });
      }
    }
    // The plan of a prepared statement changes under it.
    try (PreparedStatement all = connection.prepareStatement("SELECT * FROM item WHERE id = 2")) {
      for (int run = 0; run < 7; run++) {
        all.executeQuery().close();
      }
      connection.createStatement().execute("ALTER TABLE item ADD COLUMN added int DEFAULT 5");
      refused("a changed plan", () -> {
        ResultSet rows = all.executeQuery();
        rows.next();
        System.out.println(rows.getMetaData().getColumnCount());
      });
    }
  }

  private static void batches(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item (name, price) VALUES (?, ?)")) {
      for (int number = 0; number < 700; number++) {
        insert.setString(1, "batch");
        insert.setInt(2, number);
        insert.addBatch();
      }
      System.out.println(insert.executeBatch().length);
    }
    connection.commit();
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("UPDATE item SET price = 0 WHERE id = 1");
      statement.addBatch("UPDATE item SET price = 1 / 0 WHERE id = 2");
      statement.addBatch("UPDATE item SET price = 0 WHERE id = 3");
      refused("batch", statement::executeBatch);
    }
    connection.rollback();
    System.out.println(value(connection, "SELECT sum(price) FROM item"));
    connection.commit();
  }

  private static void transactions(Connection connection) throws SQLException {
    Statement statement = connection.createStatement();
    statement.executeUpdate("UPDATE item SET name = 'first' WHERE id = 1");
    Savepoint savepoint = connection.setSavepoint("a");
    refused("division", () -> statement.executeQuery("SELECT 1 / 0"));
    refused("after an error", () -> statement.executeQuery("SELECT 1"));
    connection.rollback(savepoint);
    statement.executeUpdate("UPDATE item SET name = 'second' WHERE id = 2");
    connection.releaseSavepoint(savepoint);
    connection.commit();
    System.out.println(value(connection, "SELECT string_agg(name, ',' ORDER BY id) FROM item WHERE id IN (1, 2)"));
    connection.rollback();
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    System.out.println(value(connection, "SHOW transaction_isolation"));
    connection.rollback();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    connection.setReadOnly(true);
    refused("writing", () -> statement.executeUpdate("DELETE FROM item"));
    connection.rollback();
    connection.setReadOnly(false);
    statement.close();
  }

  private static void fetching(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT g, repeat('x', 100) FROM generate_series(1, 1000) g")) {
      select.setFetchSize(64);
      long sum = 0;
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          sum += rows.getInt(1);
        }
      }
      try (ResultSet rows = select.executeQuery(); ResultSet other = connection.createStatement().executeQuery("SELECT 5")) {
        rows.next();
        other.next();
        System.out.println(sum + " " + rows.getInt(1) + " " + other.getInt(1));
      }
      select.setMaxRows(10);
      select.executeQuery().close();
    }
    connection.commit();
    try (PreparedStatement large = connection.prepareStatement("SELECT length(?::text)")) {
      large.setString(1, "l".repeat(1_000_000));
      ResultSet rows = large.executeQuery();
      rows.next();
      System.out.println(rows.getInt(1));
    }
    connection.commit();
  }

  private static void largeObjects(Connection connection) throws SQLException {
    LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
    long oid = manager.createLO();
    LargeObject object = manager.open(oid, LargeObjectManager.READWRITE);
    byte[] bytes = new byte[200_000];
    for (int index = 0; index < bytes.length; index++) {
      bytes[index] = (byte) index;
    }
    object.write(bytes);
    object.seek(100_000);
    System.out.println(object.read(3).length + " " + object.tell() + " " + object.size());
    object.close();
    manager.delete(oid);
    refused("a large object that is gone", () -> manager.open(1, LargeObjectManager.READ));
    connection.rollback();
  }

  private static void copies(Connection connection) throws Exception {
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    System.out.println(copies.copyIn("COPY item (name, price) FROM STDIN", new StringReader("copied\t1\ncopied\t2\n")));
    connection.commit();
    refused("copy", () -> copies.copyIn("COPY item (name, price) FROM STDIN", new StringReader("copied\tx\n")));
    connection.rollback();
    StringWriter out = new StringWriter();
    copies.copyOut("COPY (SELECT name, price FROM item WHERE name = 'copied' ORDER BY price) TO STDOUT", out);
    System.out.print(out);
    connection.commit();
  }

  private static void sessionState(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      statement.execute("DO $$BEGIN RAISE NOTICE 'heard'; END$$");
      SQLWarning warning = statement.getWarnings();
      System.out.println(warning == null ? "no warning" : warning.getMessage());
      statement.execute("SET work_mem = '17MB'");
      System.out.println(value(connection, "SHOW work_mem"));
      statement.execute("CREATE TEMP TABLE t AS SELECT 7 AS a");
      System.out.println(value(connection, "SELECT a FROM t"));
      statement.execute("DROP TABLE t");
      connection.setSchema("pg_catalog");
      System.out.println(connection.getSchema());
      connection.setSchema("public");
      statement.setQueryTimeout(1);
      refused("timeout", () -> statement.executeQuery("SELECT pg_sleep(20)"));
      statement.setQueryTimeout(0);
      System.out.println(value(connection, "SELECT 'fine'"));
    }
  }
}
