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
    return Pools.open(APPLICATION);
  }

  @Bean
  TransactionTemplate transactions(DataSource pool) {
    return new TransactionTemplate(new DataSourceTransactionManager(pool));
  }
}
