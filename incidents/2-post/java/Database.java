import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The pool and its transactions, as both programs have them. No {@code @Configuration} and no {@code @Transactional}:
 * both need Spring's CGLIB here, which does not work in Debian's packages.
 */
class Database {
  static final String APPLICATION = "post-publisher";

  @Bean(destroyMethod = "close")
  HikariDataSource pool() {
    final HikariConfig config = new HikariConfig();
    // How the server's performance_schema, and so a database administrator, can tell which program a connection is of.
    config.setJdbcUrl(System.getenv("DATABASE_URL") + "?connectionAttributes=program_name:" + APPLICATION);
    config.setUsername(System.getenv("DATABASE_USER"));
    config.setMaximumPoolSize(Integer.parseInt(System.getenv("POOL_SIZE")));
    config.setConnectionTimeout(3000);
    return new HikariDataSource(config);
  }

  @Bean
  TransactionTemplate transactions(DataSource pool) {
    return new TransactionTemplate(new DataSourceTransactionManager(pool));
  }
}
