CREATE TABLE ticket (
    id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series varchar(20) NOT NULL,
    title  varchar(200) NOT NULL,
    number integer
);

-- The last number given, for each series. Every caller has one of its own.
CREATE TABLE counter (
    series      varchar(20) PRIMARY KEY,
    last_number integer NOT NULL DEFAULT 0
);
INSERT INTO counter (series) VALUES ('ticket-desk-1'), ('ticket-desk-2'), ('parcel-desk-1'), ('parcel-desk-2');

CREATE TABLE tally (tickets integer NOT NULL);
INSERT INTO tally VALUES (0);
ANALYZE ticket, counter, tally;
