package org.starbeam.transforms.selection;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.Operand;
import org.starbeam.transforms.selection.Expression.Place;

/**
 * What of a row a condition looks at.
 *
 * @param footprint true when it looks at what the image covers
 */
record Uses(Set<Field> fields, boolean footprint) {

  static Uses of(Condition condition) {
    Walk walk = new Walk();
    walk.condition(condition);
    return new Uses(Set.copyOf(walk.fields), walk.footprint);
  }

  /** Goes over an expression. */
  private static final class Walk {
    private final Set<Field> fields = new HashSet<>();
    private boolean footprint;

    private void condition(Condition condition) {
      if (condition instanceof Expression.And and) {
        and.parts().forEach(this::condition);
      } else if (condition instanceof Expression.Or or) {
        or.parts().forEach(this::condition);
      } else if (condition instanceof Expression.Not not) {
        condition(not.part());
      } else if (condition instanceof Expression.Overlaps overlaps) {
        place(overlaps.place());
      } else if (condition instanceof Expression.PointInFootprint) {
        place(Place.POINT);
        place(Place.REGION);
      } else {
        operandsOf(condition).forEach(this::operand);
      }
    }

    private void place(Place place) {
      if (place == Place.REGION) {
        footprint = true;
      } else {
        fields.add(VisitFields.RA);
        fields.add(VisitFields.DEC);
      }
    }

    private static List<Operand> operandsOf(Condition condition) {
      if (condition instanceof Expression.Comparison c) {
        return List.of(c.left(), c.right());
      }
      if (condition instanceof Expression.In in) {
        return List.of(in.operand());
      }
      if (condition instanceof Expression.Between b) {
        return List.of(b.operand(), b.low(), b.high());
      }
      if (condition instanceof Expression.Like like) {
        return List.of(like.operand());
      }
      return condition instanceof Expression.IsNull isNull ? List.of(isNull.operand()) : List.of();
    }

    private void operand(Operand operand) {
      if (operand instanceof Expression.FieldValue value) {
        fields.add(value.field());
      } else if (operand instanceof Expression.Arithmetic sum) {
        operand(sum.left());
        operand(sum.right());
      } else if (operand instanceof Expression.Negation negation) {
        operand(negation.operand());
      } else if (operand instanceof Expression.Call call) {
        call.arguments().forEach(this::operand);
      }
    }
  }
}
