import javax.sql.DataSource;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.support.GeneratedKeyHolder;

/** The SQL, with the trace of whose work it is. It runs in the caller's transaction, or in none. */
class Tables {
  private final NamedParameterJdbcTemplate database;

  Tables(DataSource pool) {
    database = new NamedParameterJdbcTemplate(pool);
  }

  /** Returns its id. */
  long insertTicket(String series, String title) {
    final GeneratedKeyHolder id = new GeneratedKeyHolder();
    database.update(
        Trace.tagged("INSERT INTO ticket (series, title) VALUES (:series, :title)"),
        new MapSqlParameterSource("series", series).addValue("title", title),
        id,
        new String[] {"id"});
    return id.getKey().longValue();
  }

  void setNumber(long ticket, int number) {
    database.update(
        Trace.tagged("UPDATE ticket SET number = :number WHERE id = :ticket"),
        new MapSqlParameterSource("ticket", ticket).addValue("number", number));
  }

  /** One row for all: whoever has counted its ticket keeps all others waiting until it commits. */
  void countTicket() {
    database.update(Trace.tagged("UPDATE tally SET tickets = tickets + 1"), new MapSqlParameterSource());
  }

  int lockCounter(String series) {
    return database.queryForObject(
        Trace.tagged("SELECT last_number FROM counter WHERE series = :series FOR UPDATE"),
        new MapSqlParameterSource("series", series),
        Integer.class);
  }

  void setCounter(String series, int number) {
    database.update(
        Trace.tagged("UPDATE counter SET last_number = :number WHERE series = :series"),
        new MapSqlParameterSource("series", series).addValue("number", number));
  }
}
