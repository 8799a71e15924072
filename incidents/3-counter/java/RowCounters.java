import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * A number is taken for good, even if the ticket fails: so it is a transaction of its own. Called within another one,
 * REQUIRES_NEW leaves that one its connection and asks the pool for a second.
 */
class RowCounters implements Counters {
  private final Tables tables;

  RowCounters(Tables tables) {
    this.tables = tables;
  }

  @Override
  @Transactional(propagation = Propagation.REQUIRES_NEW)
  public int next(String series) {
    final int number = tables.lockCounter(series) + 1;
    tables.setCounter(series, number);
    return number;
  }
}
