import org.springframework.transaction.support.TransactionTemplate;

/** The cure: what has to be a transaction of its own is over before the other one begins. */
class CuredDesk implements Tickets {
  private final Tables tables;
  private final Counters counters;
  private final Notices notices;
  private final TransactionTemplate transactions;

  CuredDesk(Tables tables, Counters counters, Notices notices, TransactionTemplate transactions) {
    this.tables = tables;
    this.counters = counters;
    this.notices = notices;
    this.transactions = transactions;
  }

  @Override
  public int save(String series, String title) {
    final int number = counters.next(series);
    notices.announce(title);
    transactions.execute(status -> {
      tables.setNumber(tables.insertTicket(series, title), number);
      return null;
    });
    return number;
  }
}
