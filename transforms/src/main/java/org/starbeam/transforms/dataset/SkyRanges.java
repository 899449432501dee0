package org.starbeam.transforms.dataset;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.filter2.predicate.Statistics;
import org.apache.parquet.filter2.predicate.UserDefinedPredicate;
import org.starbeam.sky.Healpix;

/** Whether a HEALPix index lies in one of some ranges; drops pages and groups of rows without. */
final class SkyRanges extends UserDefinedPredicate<Long> implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long[] first;
  private final long[] end;

  /**
   * @param ranges ascending and apart from each other
   */
  SkyRanges(List<Healpix.Range> ranges) {
    first = ranges.stream().mapToLong(Healpix.Range::first).toArray();
    end = ranges.stream().mapToLong(Healpix.Range::end).toArray();
  }

  @Override
  public boolean acceptsNullValue() {
    return false;
  }

  @Override
  public boolean keep(Long value) {
    return meets(value, value);
  }

  @Override
  public boolean canDrop(Statistics<Long> statistics) {
    return !meets(statistics.getMin(), statistics.getMax());
  }

  @Override
  public boolean inverseCanDrop(Statistics<Long> statistics) {
    return false;
  }

  private boolean meets(long low, long high) {
    int at = Arrays.binarySearch(first, high);
    int last = at >= 0 ? at : -at - 2;
    return last >= 0 && end[last] > low;
  }
}
