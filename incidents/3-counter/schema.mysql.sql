CREATE TABLE ticket (
    id     integer AUTO_INCREMENT PRIMARY KEY,
    series varchar(20) NOT NULL,
    title  varchar(200) NOT NULL,
    number integer
) ENGINE = InnoDB;

-- The last number given, for each series. Every caller has one of its own.
CREATE TABLE counter (
    series      varchar(20) PRIMARY KEY,
    last_number integer NOT NULL DEFAULT 0
) ENGINE = InnoDB;
INSERT INTO counter (series) VALUES ('ticket-desk-1'), ('ticket-desk-2'), ('parcel-desk-1'), ('parcel-desk-2');
ANALYZE TABLE ticket, counter;
