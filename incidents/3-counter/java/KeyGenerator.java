import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The same without a transaction of its own. NOT_SUPPORTED takes a second connection just like REQUIRES_NEW. */
class KeyGenerator implements Counters {
  private final Tables tables;

  KeyGenerator(Tables tables) {
    this.tables = tables;
  }

  @Override
  @Transactional(propagation = Propagation.NOT_SUPPORTED)
  public int next(String series) {
    return tables.nextNumber(series);
  }
}
