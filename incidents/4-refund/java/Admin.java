import com.zaxxer.hikari.HikariDataSource;
import java.util.HashMap;
import java.util.Map;
import javax.persistence.EntityManager;
import javax.persistence.EntityManagerFactory;
import javax.persistence.Persistence;
import org.eclipse.persistence.config.PersistenceUnitProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * An admin server: for each order it looks up what may be paid back, asks the refund server for it, and writes the history
 * row. The refund server is another component with a pool of its own.
 */
final class Admin {
  private static final Logger LOG = LoggerFactory.getLogger(Admin.class);
  private static final int FIRST_ORDER = Pools.number("FIRST_ORDER", 1);
  private static final int ORDERS = Pools.number("ORDERS", 8);
  private static final boolean CURED = Pools.number("CURED", 0) != 0;
  private static final boolean INSIDE = Pools.number("INSIDE", 0) != 0;
  private static final int REST_MILLISECONDS = Pools.number("REST_MS", 200);

  private final EntityManagerFactory factory;
  private final Items items;
  private final JdbcTemplate refundServer;

  private Admin(EntityManagerFactory factory, HikariDataSource refundPool) {
    this.factory = factory;
    items = new Items(factory);
    refundServer = new JdbcTemplate(refundPool);
  }

  private void step(int order) {
    if (INSIDE) {
      Tell.that("looked", "order", order, "cents", items.first(order));
    } else {
      refund(order);
    }
  }

  private void refund(int order) {
    final Map<Integer, Integer> cents = CURED ? items.closed(order) : items.transform(order);
    refundServer.update("UPDATE refund SET paid = TRUE WHERE order_id = ?", order);
    Tell.that("refunded", "order", order);
    write(new History(order, cents.get(order)));
    Tell.that("recorded", "order", order);
  }

  private void write(History history) {
    final EntityManager entities = factory.createEntityManager();
    try {
      entities.getTransaction().begin();
      entities.persist(history);
      entities.getTransaction().commit();
    } finally {
      entities.close();
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    final Map<String, Object> settings = new HashMap<>();
    settings.put(PersistenceUnitProperties.NON_JTA_DATASOURCE, Pools.open(System.getenv("APPLICATION")));
    final HikariDataSource refundPool = Pools.open("refund-server", System.getenv("REFUND_USER"), 1);
    final Admin admin = new Admin(Persistence.createEntityManagerFactory("admin", settings), refundPool);
    for (int order = FIRST_ORDER; order < FIRST_ORDER + ORDERS; order++) {
      try {
        admin.step(order);
      } catch (RuntimeException failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        Tell.that("failed", "order", order, "error", cause.getMessage());
        LOG.error("The refund of order {} failed", order, failure);
      }
      Thread.sleep(REST_MILLISECONDS);
    }
    Tell.that("done");
    Thread.currentThread().join();
  }
}
