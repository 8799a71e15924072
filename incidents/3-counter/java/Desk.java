import com.zaxxer.hikari.HikariDataSource;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.interceptor.TransactionInterceptor;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * One component with a pool of its own, and those who call it. The first caller calls alone for a while; then all of them
 * call at once, again and again, until the process is ended. Whoever fails tries again.
 */
final class Desk {
  private static final Logger LOG = LoggerFactory.getLogger(Desk.class);
  private static final String APPLICATION = System.getenv("APPLICATION");
  private static final int CALLERS = Pools.number("CALLERS", 1);
  private static final int ALONE = Pools.number("CALLS_ALONE", 0);
  private static final int REST_MILLISECONDS = Pools.number("REST_MS", 200);

  private final Tickets tickets;
  private final CyclicBarrier together = new CyclicBarrier(CALLERS);

  private Desk(Tickets tickets) {
    this.tickets = tickets;
  }

  private void call(int caller, int alone) {
    try {
      for (int call = 0; call < alone; call++) {
        attempt(caller);
      }
      while (true) {
        together.await();
        attempt(caller);
      }
    } catch (InterruptedException | BrokenBarrierException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private void attempt(int caller) throws InterruptedException {
    Trace.begin();
    Tell.that("called");
    final long called = System.nanoTime();
    try {
      // Each has a series of its own: no two of them ever want the same row.
      Tell.that("numbered", "number", tickets.save(APPLICATION + "-" + caller, "lift out of order, house " + caller));
    } catch (NestedRuntimeException failure) {
      final long milliseconds = (System.nanoTime() - called) / 1_000_000;
      Tell.that("failed", "error", failure.getMostSpecificCause().getMessage(), "after_ms", milliseconds);
      LOG.error("The ticket could not be saved", failure);
    }
    Thread.sleep(REST_MILLISECONDS);
  }

  /**
   * Spring's @Transactional by an interface's proxy, put together by hand: what @EnableTransactionManagement does needs
   * CGLIB, which does not work in Debian's packages.
   */
  private static <T> T transactional(Class<T> type, T target, PlatformTransactionManager manager) {
    final TransactionInterceptor interceptor =
        new TransactionInterceptor(manager, new AnnotationTransactionAttributeSource());
    final ProxyFactory factory = new ProxyFactory(type, interceptor);
    factory.setTarget(target);
    return type.cast(factory.getProxy());
  }

  private static Tickets tickets(HikariDataSource pool) {
    final DataSourceTransactionManager manager = new DataSourceTransactionManager(pool);
    final Tables tables = new Tables(pool);
    final Notices notices = new Notices();
    final Counters counters = transactional(Counters.class, new RowCounters(tables), manager);
    return Pools.number("CURED", 0) != 0
        ? new CuredDesk(tables, counters, notices, new TransactionTemplate(manager))
        : transactional(Tickets.class, new TicketDesk(tables, counters, notices), manager);
  }

  public static void main(String[] arguments) {
    final Desk desk = new Desk(tickets(Pools.open(APPLICATION)));
    for (int caller = 1; caller <= CALLERS; caller++) {
      final int own = caller;
      new Thread(() -> desk.call(own, own == 1 ? ALONE : 0), "caller-" + own).start();
    }
  }
}
