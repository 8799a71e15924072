import org.springframework.transaction.annotation.Transactional;

/** The incident: the number is asked for while the ticket's own transaction holds a connection. */
class TicketDesk implements Tickets {
  private static final boolean TALLIED = Pools.number("TALLIED", 0) != 0;

  private final Tables tables;
  private final Counters counters;
  private final Notices notices;

  TicketDesk(Tables tables, Counters counters, Notices notices) {
    this.tables = tables;
    this.counters = counters;
    this.notices = notices;
  }

  @Override
  @Transactional
  public int save(String series, String title) {
    if (TALLIED) {
      tables.countTicket();
    }
    final long ticket = tables.insertTicket(series, title);
    notices.announce(title);
    final int number = counters.next(series); // a second connection, while this thread has one
    tables.setNumber(ticket, number);
    return number;
  }
}
