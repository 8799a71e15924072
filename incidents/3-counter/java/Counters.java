/** Numbers without gaps or doubles, one row for each series. */
interface Counters {
  int next(String series);
}
