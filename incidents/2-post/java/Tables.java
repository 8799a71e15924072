import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/** The SQL. It runs in the caller's transaction, or in none. */
class Tables {
  static final int PAGE = 20;

  private final NamedParameterJdbcTemplate database;

  Tables(DataSource pool) {
    database = new NamedParameterJdbcTemplate(pool);
  }

  static final class Follower {
    final int id;
    final int user;

    Follower(int id, int user) {
      this.id = id;
      this.user = user;
    }
  }

  /** Two editors may press the button at once: the post is locked first. Returns its channel. */
  int lockPost(int post) {
    return database.queryForObject(
        "SELECT channel_id FROM post WHERE id = :post FOR UPDATE",
        new MapSqlParameterSource("post", post),
        Integer.class);
  }

  void setPublished(int post) {
    database.update(
        "UPDATE post SET status = 'published' WHERE id = :post", new MapSqlParameterSource("post", post));
  }

  void attachMedia(int post, String url) {
    database.update(
        "INSERT INTO post_media (post_id, url) VALUES (:post, :url)",
        new MapSqlParameterSource("post", post).addValue("url", url));
  }

  /** One page of a channel's followers in the order of their ids. */
  List<Follower> followers(int channel, int after) {
    return database.query(
        "SELECT id, user_id FROM follower WHERE channel_id = :channel AND id > :after ORDER BY id LIMIT " + PAGE,
        new MapSqlParameterSource("channel", channel).addValue("after", after),
        (row, index) -> new Follower(row.getInt("id"), row.getInt("user_id")));
  }

  void raiseBadges(List<Integer> users) {
    database.update(
        "UPDATE channel_notification SET unread = unread + 1 WHERE user_id IN (:users)",
        new MapSqlParameterSource("users", users));
  }

  /** Nobody is pushed twice for one post. */
  void push(int post, List<Integer> users) {
    final List<Object[]> rows = new ArrayList<>();
    for (final Integer user : users) {
      rows.add(new Object[] {"post-" + post + ":" + user, post, user});
    }
    database.update(
        "INSERT INTO push_notification (dedupe_key, post_id, user_id) VALUES :rows "
            + "ON DUPLICATE KEY UPDATE user_id = push_notification.user_id",
        new MapSqlParameterSource("rows", rows));
  }

  static List<Integer> users(List<Follower> page) {
    return page.stream().map(follower -> follower.user).collect(Collectors.toList());
  }
}
