-- What the command line clients of MariaDB and MySQL are given, with --force: errors are told and passed over.
SELECT VERSION() LIKE '%.%' AS a_version, CURRENT_USER(), DATABASE();
SELECT NULL, 1, 1.50, -1e300, 'it''s', x'00ff41', '🐙 ü', DATE '2024-02-29', TIME '-12:30:00', TIMESTAMP '2024-02-29 23:59:59';
DROP TABLE IF EXISTS item;
CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) UNIQUE, price decimal(8, 2)) ENGINE = InnoDB;
INSERT INTO item (name, price) VALUES ('one', 1), ('two', 2.555), ('three', NULL);
SELECT LAST_INSERT_ID(), ROW_COUNT();
INSERT INTO item (name) VALUES ('one');
INSERT IGNORE INTO item (name, price) VALUES ('one', 7), ('four', 'x');
SHOW WARNINGS;
SHOW ERRORS;
REPLACE INTO item (id, name) VALUES (1, 'uno');
INSERT INTO item (id, name) VALUES (1, 'eins') ON DUPLICATE KEY UPDATE name = 'eins';
UPDATE item SET price = price + 1;
SELECT * FROM item ORDER BY id;
SELECT * FROM item WHERE id = 99;
SELECT * FROM nothing;
SELEC 1;
DELETE FROM item WHERE id = 3;

-- Transactions.
BEGIN;
INSERT INTO item (name) VALUES ('lost');
SAVEPOINT here;
INSERT INTO item (name) VALUES ('lost too');
ROLLBACK TO SAVEPOINT here;
SELECT COUNT(*) FROM item;
ROLLBACK;
SET autocommit = 0;
INSERT INTO item (name) VALUES ('kept');
COMMIT AND CHAIN;
INSERT INTO item (name) VALUES ('lost');
ROLLBACK;
SET autocommit = 1;
SELECT name FROM item ORDER BY id;
SET TRANSACTION READ ONLY;
START TRANSACTION;
INSERT INTO item (name) VALUES ('never');
COMMIT;
XA START 'global', 'branch';
INSERT INTO item (name) VALUES ('by xa');
SELECT 1;
XA END 'global', 'branch';
XA PREPARE 'global', 'branch';
XA COMMIT 'global', 'branch';
LOCK TABLES item READ;
INSERT INTO item (name) VALUES ('never');
UNLOCK TABLES;
SELECT GET_LOCK('mine', 1), IS_USED_LOCK('mine') = CONNECTION_ID(), RELEASE_LOCK('mine');
CREATE TEMPORARY TABLE mine SELECT * FROM item LIMIT 2;
SELECT COUNT(*) FROM mine;

-- Several results.
DELIMITER //
DROP PROCEDURE IF EXISTS three//
CREATE PROCEDURE three(IN a int, OUT b int)
BEGIN
  SELECT a;
  SELECT id, name FROM item WHERE id < a ORDER BY id;
  SET b = a * 2;
  SELECT * FROM item WHERE id < 0;
  UPDATE item SET price = 3 WHERE id = 1;
END//
CALL three(3, @doubled)//
SELECT @doubled; SELECT 'together' // 
SELECT 1; SELEC; SELECT 2 //
DELIMITER ;
CALL three(1);
CALL complain();
CALL shelves(2);

-- Statements prepared by SQL.
PREPARE by_id FROM 'SELECT name FROM item WHERE id = ?';
SET @id = 2;
EXECUTE by_id USING @id;
DEALLOCATE PREPARE by_id;
EXECUTE by_id USING @id;

-- Files and what else only a client does.
LOAD DATA LOCAL INFILE 'rows.csv' INTO TABLE item FIELDS TERMINATED BY ',' (id, name);
LOAD DATA LOCAL INFILE 'missing.csv' INTO TABLE item;
LOAD DATA LOCAL INFILE 'empty.csv' INTO TABLE item;
SELECT id, name FROM item WHERE id >= 1000 ORDER BY id;
USE information_schema;
SELECT DATABASE();
USE nowhere;
USE test;
SHOW VARIABLES LIKE 'wait_timeout';
SHOW CREATE TABLE item;
EXPLAIN SELECT id FROM item WHERE id = 1;
CHECK TABLE item;
SELECT BENCHMARK(10, SHA2('x', 256)), SLEEP(0);
SET NAMES latin1;
SELECT HEX('ü');
SET NAMES utf8mb4;
DO 1;
SELECT REPEAT('long ', 100000);
connect test 127.0.0.1
SELECT @doubled, @@autocommit;
