/** The API of the incident. */
interface Tickets {
  /** Saves a ticket and gives it the next number of its series, which is returned. */
  int save(String series, String title);
}
