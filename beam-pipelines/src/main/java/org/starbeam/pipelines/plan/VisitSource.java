package org.starbeam.pipelines.plan;

import java.util.List;

/** The visits of a plan, each made when it is asked for. */
public interface VisitSource {
  int size();

  PlannedVisit get(int index);

  /** Visits that are there already. */
  static VisitSource of(List<PlannedVisit> visits) {
    return new VisitSource() {
      @Override
      public int size() {
        return visits.size();
      }

      @Override
      public PlannedVisit get(int index) {
        return visits.get(index);
      }
    };
  }
}
