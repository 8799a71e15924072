import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.Collections;
import java.util.Properties;
import org.mariadb.jdbc.MariaDbConnection;

/**
 * MariaDB Connector/J as applications use it; what it prints is compared. With arguments USER:PASSWORD:DATABASE: one login
 * each, and how it ended.
 */
public final class JdbcClient {
  private JdbcClient() {}

  private interface Work {
    void run() throws Exception;
  }

  /** What makes the driver talk differently: text or binary, several commands on their way at once, bulk commands. */
  private static final String[] WAYS = {
    "",
    "useServerPrepStmts=true&prepStmtCacheSize=4&useBulkStmts=false",
    "useServerPrepStmts=true&useBulkStmts=true",
    "useBatchMultiSend=true&useBatchMultiSendNumber=20&usePipelineAuth=true",
    "useBatchMultiSend=false&usePipelineAuth=false",
    "rewriteBatchedStatements=true&allowMultiQueries=true",
    "useServerPrepStmts=true&useReadAheadInput=false&useCompression=true",
  };

  public static void main(String[] arguments) throws Exception {
    for (String login : arguments) login(login);
    if (arguments.length > 0) return;
    for (String way : encrypts() ? Arrays.copyOf(WAYS, 4) : WAYS) { // Over TLS each takes longer; the rest differs in packets alone.
      System.out.println("way: " + way);
      try (Connection connection = connect("app", "proof", "test", way)) {
        tables(connection);
        greeting(connection);
        prepared(connection, way);
        batches(connection);
        transactions(connection);
        severalResults(connection, way);
        streaming(connection);
        files(connection);
        largeValues(connection, way);
        sessionState(connection);
      }
      killed(way);
    }
  }

  private static boolean encrypts() {
    return !System.getenv().getOrDefault("CLIENT_TLS", "").isEmpty();
  }

  private static Connection connect(String user, String password, String database, String way) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "30000");
    properties.setProperty("allowLocalInfile", "true");
    properties.setProperty("allowPublicKeyRetrieval", "true");
    properties.setProperty("connectionAttributes", "program_name:jdbc");
    if (encrypts()) {
      properties.setProperty("useSsl", "true");
      properties.setProperty("serverSslCert", System.getenv("CLIENT_TLS"));
    }
    String url = "jdbc:mariadb://127.0.0.1:" + System.getenv("MYSQL_TCP_PORT") + "/" + database + "?" + way;
    return DriverManager.getConnection(url, properties);
  }

  private static void login(String login) {
    String[] words = login.split(":", 3);
    try (Connection connection = connect(words[0], words[1], words[2], "")) {
      boolean encrypted = !value(connection, "SHOW STATUS LIKE 'Ssl_cipher'", 2).isEmpty();
      System.out.println(login + " " + value(connection, "SELECT CURRENT_USER()", 1) + " " + value(connection, "SELECT DATABASE()", 1)
          + (encrypted ? " encrypted " : " in the clear ") + (hasItsId(connection) ? "its id" : "another id"));
    } catch (SQLException error) {
      System.out.println(login + " " + told(error));
    }
  }

  private static boolean hasItsId(Connection connection) throws SQLException {
    long id = connection.unwrap(MariaDbConnection.class).getServerThreadId();
    return value(connection, "SELECT CONNECTION_ID()", 1).equals(Long.toString(id));
  }

  private static String told(SQLException error) {
    String message = error.getMessage().replaceAll("(conn|port)=-?\\d+", "$1=...");
    return error.getErrorCode() + " " + error.getSQLState() + " " + message;
  }

  private static void refused(String what, Work work) {
    try {
      work.run();
      System.out.println(what + " went through");
    } catch (SQLException error) {
      System.out.println(what + " " + told(error));
    } catch (Exception error) {
      System.out.println(what + " " + error);
    }
  }

  private static String value(Connection connection, String sql, int column) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(column) : "nothing";
    }
  }

  private static void print(ResultSet rows) throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    while (rows.next()) {
      StringBuilder line = new StringBuilder();
      for (int number = 1; number <= columns.getColumnCount(); number++) {
        line.append(columns.getColumnLabel(number)).append(' ').append(columns.getColumnTypeName(number)).append('=');
        line.append(rows.getString(number)).append(' ');
      }
      System.out.println(line);
    }
  }

  private static void tables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS item");
      statement.execute("CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200) UNIQUE, price decimal(12, 4), "
          + "at datetime(6), day date, span time, body longblob, note longtext, share double) DEFAULT CHARSET utf8mb4");
    }
  }

  private static void greeting(Connection connection) throws SQLException {
    System.out.println(connection.getMetaData().getDatabaseProductVersion() + " its id " + hasItsId(connection));
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT attr_name, attr_value FROM performance_schema.session_connect_attrs "
            + "WHERE processlist_id = CONNECTION_ID() AND attr_name NOT IN ('_pid', '_thread', '_server_host') ORDER BY attr_name")) {
      print(rows);
    }
  }

  private static void prepared(Connection connection, String way) throws Exception {
    // MySQL calls its binary form of a date a malformed packet.
    boolean dates = connection.getMetaData().getDatabaseProductName().equals("MariaDB") || !way.contains("useServerPrepStmts");
    byte[] body = new byte[70000];
    for (int number = 0; number < body.length; number++) body[number] = (byte) number;
    try (PreparedStatement insert = connection.prepareStatement(
        "INSERT INTO item (name, price, at, day, span, body, note, share) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        Statement.RETURN_GENERATED_KEYS)) {
      for (int number = 0; number < 8; number++) {
        boolean nothing = number % 3 == 2;
        insert.setString(1, nothing ? null : "emoji 🐙 'quoted' \\ " + number);
        insert.setBigDecimal(2, new BigDecimal("12345678.9012"));
        insert.setTimestamp(3, Timestamp.valueOf("2024-02-29 23:59:58.123456"));
        if (dates) {
          insert.setDate(4, java.sql.Date.valueOf("2024-02-29"));
        } else {
          insert.setString(4, "2024-02-29");
        }
        insert.setTime(5, java.sql.Time.valueOf("12:34:56"));
        insert.setBinaryStream(6, new ByteArrayInputStream(body, 0, number * 10000));
        insert.setCharacterStream(7, new StringReader("ü".repeat(number * 1000)));
        if (nothing) {
          insert.setNull(8, Types.DOUBLE);
        } else {
          insert.setDouble(8, -1.5e-300 * number);
        }
        System.out.print(insert.executeUpdate() + " ");
        ResultSet keys = insert.getGeneratedKeys();
        keys.next();
        System.out.println(keys.getInt(1));
      }
    }
    try (PreparedStatement select = connection.prepareStatement("SELECT * FROM item WHERE id <= ? ORDER BY id")) {
      for (int number = 1; number < 4; number++) {
        select.setInt(1, number);
        ResultSet rows = select.executeQuery();
        while (rows.next()) {
          byte[] read = rows.getBytes("body");
          System.out.println(rows.getString("name") + " " + rows.getBigDecimal("price") + " " + rows.getTimestamp("at") + " "
              + rows.getDate("day") + " " + rows.getTime("span") + " " + read.length + " " + Arrays.hashCode(read) + " "
              + rows.getString("note").length() + " " + rows.getDouble("share") + " " + rows.wasNull());
        }
      }
    }
    for (int number = 0; number < 12; number++) { // More than the cache has room for: statements are closed.
      try (PreparedStatement one = connection.prepareStatement("SELECT ? + " + number)) {
        one.setInt(1, number);
        ResultSet rows = one.executeQuery();
        rows.next();
        System.out.print(rows.getString(1) + " ");
      }
    }
    System.out.println();
    refused("duplicate", () -> {
      try (PreparedStatement again = connection.prepareStatement("INSERT INTO item (name) SELECT name FROM item WHERE id = ?")) {
        again.setInt(1, 1);
        again.executeUpdate();
      }
    });
    refused("prepare", () -> connection.prepareStatement("SELEC ?").executeQuery());
    refused("no table", () -> connection.prepareStatement("SELECT * FROM nothing").executeQuery());
    refused("no procedure", () -> connection.prepareCall("{CALL nothing()}").execute());
  }

  private static void batches(Connection connection) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item (name, price) VALUES (?, ?)")) {
      for (int number = 0; number < 500; number++) {
        insert.setString(1, "batch " + number);
        insert.setInt(2, number);
        insert.addBatch();
      }
      System.out.println(Arrays.stream(insert.executeBatch()).distinct().boxed().toList());
      for (String name : new String[] {"new 1", "batch 7", "new 2"}) {
        insert.setString(1, name);
        insert.setInt(2, 1);
        insert.addBatch();
      }
      refused("a duplicate in a batch", insert::executeBatch);
    }
    try (Statement statement = connection.createStatement()) {
      for (int number = 0; number < 30; number++) statement.addBatch("UPDATE item SET price = " + number + " WHERE name = 'batch 1'");
      System.out.println(Arrays.toString(statement.executeBatch()));
    }
    System.out.println(value(connection, "SELECT CONCAT(COUNT(*), ' ', SUM(price)) FROM item WHERE name LIKE 'batch%'", 1));
  }

  private static void transactions(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO item (name) VALUES ('tx one')");
      Savepoint here = connection.setSavepoint("here");
      statement.executeUpdate("INSERT INTO item (name) VALUES ('tx two')");
      connection.rollback(here);
      connection.commit();
      statement.executeUpdate("INSERT INTO item (name) VALUES ('tx three')");
      connection.rollback();
    }
    System.out.println(value(connection, "SELECT GROUP_CONCAT(name) FROM item WHERE name LIKE 'tx%'", 1));
    connection.commit();
    connection.setReadOnly(true);
    refused("read only", () -> connection.createStatement().executeUpdate("INSERT INTO item (name) VALUES ('no')"));
    connection.rollback();
    connection.setReadOnly(false);
    connection.setAutoCommit(true);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
  }

  private static void severalResults(Connection connection, String way) throws SQLException {
    try (CallableStatement call = connection.prepareCall("{CALL shelves(?)}")) {
      call.setInt(1, 3);
      boolean rows = call.execute();
      while (rows || call.getUpdateCount() != -1) {
        if (rows) print(call.getResultSet());
        rows = call.getMoreResults();
      }
    }
    try (CallableStatement call = connection.prepareCall("{CALL doubled(?, ?)}")) {
      call.setInt(1, 21);
      call.registerOutParameter(2, Types.INTEGER);
      call.execute();
      System.out.println(call.getInt(2));
    }
    refused("signal", () -> connection.prepareCall("{CALL complain()}").execute());
    if (!way.contains("allowMultiQueries")) return;
    try (Statement statement = connection.createStatement()) {
      boolean rows = statement.execute("SELECT 1; UPDATE item SET price = 2 WHERE id = 1; SELECT 2, 3");
      while (rows || statement.getUpdateCount() != -1) {
        if (rows) print(statement.getResultSet());
        rows = statement.getMoreResults();
      }
    }
    refused("the second of three", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT 1; SELEC; SELECT 3");
        while (statement.getMoreResults() || statement.getUpdateCount() != -1) System.out.println("more");
      }
    });
  }

  private static void streaming(Connection connection) throws SQLException {
    for (int size : new int[] {0, 10, 1000}) {
      long sum = 0;
      try (PreparedStatement select = connection.prepareStatement("SELECT id, name FROM many ORDER BY id")) {
        select.setFetchSize(size);
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) sum += rows.getInt(1) + rows.getString(2).length();
        }
        System.out.println(size + " " + sum);
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10);
      ResultSet rows = statement.executeQuery("SELECT id FROM many ORDER BY id");
      rows.next();
      System.out.println(rows.getInt(1)); // And the rest is passed over.
    }
    System.out.println(value(connection, "SELECT 'after streams'", 1));
  }

  private static void files(Connection connection) throws Exception {
    Path file = Files.createTempFile("rows", ".csv");
    String load = "LOAD DATA LOCAL INFILE '" + file + "' INTO TABLE item FIELDS TERMINATED BY ',' (name, price)";
    try (Statement statement = connection.createStatement()) {
      StringBuilder text = new StringBuilder();
      for (int number = 0; number < 5000; number++) text.append("loaded ").append(number).append(",").append(number).append("\n");
      Files.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
      System.out.println(statement.executeUpdate(load));
      Files.write(file, Collections.singletonList("loaded x"));
      System.out.println(statement.executeUpdate(load));
      for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
        System.out.println(told(warning));
      }
      Files.delete(file);
      refused("no file", () -> statement.executeUpdate("LOAD DATA LOCAL INFILE '/nowhere/rows.csv' INTO TABLE item"));
      System.out.println(value(connection, "SELECT COUNT(*) FROM item", 1));
    }
  }

  private static void largeValues(Connection connection, String way) throws SQLException {
    // Near the boundary of a packet the driver itself fails where it writes texts.
    int[] sizes = way.contains("useServerPrepStmts") ? new int[] {0xffffff - 22, 0xffffff - 21, 20_000_000} : new int[] {20_000_000};
    for (int size : sizes) {
      String body = "x".repeat(size);
      try (PreparedStatement select = connection.prepareStatement("SELECT LENGTH(?), ?")) {
        select.setString(1, body);
        select.setString(2, body);
        ResultSet rows = select.executeQuery();
        rows.next();
        System.out.println(rows.getInt(1) + " " + rows.getString(2).equals(body));
      }
    }
  }

  private static void sessionState(Connection connection) throws SQLException {
    System.out.println(connection.isValid(10) + " " + connection.getCatalog());
    connection.setCatalog("information_schema");
    System.out.println(value(connection, "SELECT DATABASE()", 1));
    connection.setCatalog("test");
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET @mine = 7");
      statement.setQueryTimeout(1);
      refused("time limit", () -> statement.executeQuery("SELECT id FROM many WHERE SLEEP(100) = 7"));
    }
    refused("reset", () -> connection.unwrap(MariaDbConnection.class).reset()); // On MySQL it does not try to.
    System.out.println(value(connection, "SELECT @mine", 1));
  }

  private static void killed(String way) throws Exception {
    try (Connection victim = connect("app", "proof", "test", way)) {
      Statement statement = victim.createStatement();
      Thread sleeper = new Thread(() -> refused("cancelled", () -> statement.executeQuery("SELECT id FROM many WHERE SLEEP(100) = 7")));
      sleeper.start();
      try (Connection watch = connect("app", "proof", "test", "")) {
        String asleep = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%sleep%' AND id = "
            + victim.unwrap(MariaDbConnection.class).getServerThreadId();
        while (value(watch, asleep, 1).equals("0")) Thread.onSpinWait();
      }
      statement.cancel();
      sleeper.join(60_000);
      System.out.println(value(victim, "SELECT 'alive'", 1));
    }
  }
}
