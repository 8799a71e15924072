import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A suite whose second test leaves a transaction open. */
@TestMethodOrder(MethodOrderer.MethodName.class)
class LeakyTest {
    private static final List<Connection> LEFT = new ArrayList<>();

    private static Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL"));
        connection.setAutoCommit(false);
        return connection;
    }

    private static int ask(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void a1CommitsItsWork() throws SQLException {
        try (Connection connection = open()) {
            assertEquals(1, ask(connection, "SELECT 1"));
            connection.commit();
        }
    }

    @Test
    void b2ForgetsItsTransaction() throws SQLException {
        Connection connection = open();
        LEFT.add(connection);
        assertEquals(2, ask(connection, "SELECT 1 + 1"));
    }

    @Test
    void c3IsInOrder() throws SQLException {
        a1CommitsItsWork();
    }
}
