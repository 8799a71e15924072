import java.sql.Connection;
import java.util.Map;
import java.util.TreeMap;
import javax.persistence.EntityManager;
import javax.persistence.EntityManagerFactory;
import javax.persistence.Query;
import org.eclipse.persistence.config.QueryHints;
import org.eclipse.persistence.config.ResultSetType;
import org.eclipse.persistence.queries.ScrollableCursor;

/**
 * What of an order may be paid back, in cents by refund. QueryDSL's {@code transform()} reads its rows as this does, through a
 * cursor. It is not among the methods after which the framework closes its EntityManager, and nothing else does outside a
 * transaction.
 */
class Items {
  private final EntityManagerFactory factory;

  Items(EntityManagerFactory factory) {
    this.factory = factory;
  }

  /** The mistake: neither the cursor nor the EntityManager is closed. */
  Map<Integer, Integer> transform(int order) {
    return grouped(factory.createEntityManager(), order, false);
  }

  /** The same in a transaction, whose connection reads one row at a time, and which nobody ends. */
  int first(int order) {
    final EntityManager entities = factory.createEntityManager();
    entities.getTransaction().begin();
    entities.unwrap(Connection.class); // EclipseLink begins it now
    final ScrollableCursor cursor = cursor(entities, order);
    return ((Refund) cursor.next()).cents();
  }

  /** The cure. */
  Map<Integer, Integer> closed(int order) {
    final EntityManager entities = factory.createEntityManager();
    try {
      return grouped(entities, order, true);
    } finally {
      entities.close();
    }
  }

  private static ScrollableCursor cursor(EntityManager entities, int order) {
    final Query query = entities.createQuery("SELECT r FROM Refund r WHERE r.order = :order ORDER BY r.id");
    query.setParameter("order", order);
    query.setHint(QueryHints.SCROLLABLE_CURSOR, true);
    query.setHint(QueryHints.RESULT_SET_TYPE, ResultSetType.ForwardOnly);
    query.setHint(QueryHints.JDBC_FETCH_SIZE, 1);
    return (ScrollableCursor) query.getSingleResult();
  }

  private static Map<Integer, Integer> grouped(EntityManager entities, int order, boolean close) {
    final ScrollableCursor cursor = cursor(entities, order);
    final Map<Integer, Integer> cents = new TreeMap<>();
    while (cursor.hasNext()) {
      final Refund refund = (Refund) cursor.next();
      cents.merge(refund.order(), refund.cents(), Integer::sum);
    }
    if (close) {
      cursor.close();
    }
    return cents;
  }
}
