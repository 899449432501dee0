package org.starbeam.transforms.sky;

import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.Rejoiner;
import org.starbeam.transforms.quantum.Router;

/**
 * Brings what lies on the sky to the visits that overlap it, and back. Visits go to their own key
 * (visit, detector) and to the places on the sky under them; there each visit takes what has come
 * to the place along to its own key.
 */
public final class VisitMeeting {
  /** The places that a detector overlaps. */
  @FunctionalInterface
  public interface Places extends Serializable {
    Set<DataId> under(ExposureSummary summary);
  }

  private VisitMeeting() {}

  /**
   * Sends a visit to its own key, with its summary, and to every place under it; an absent visit
   * has no place.
   */
  public static Router visits(String role, Places places) {
    return (visit, reader, out) -> {
      out.sendWithPayload(DataId.parse(visit.getDataId()), role, visit);
      if (visit.getPayload() instanceof ExposureSummary summary) {
        for (DataId place : places.under(summary)) {
          out.send(place, role, visit);
        }
      }
    };
  }

  /** Sends a result to the key that is its own data id. */
  public static Router ownKey(String role) {
    return (result, reader, out) -> out.send(DataId.parse(result.getDataId()), role, result);
  }

  /** Sends a visit to its own key, with its summary. */
  public static Router visits(String role) {
    return visits(role, summary -> Set.of());
  }

  /**
   * Sends everything that met a visit at its own key on to the places under the visit, absence
   * markers included; what is at another key stays there.
   */
  public static Rejoiner toPlaces(String visitRole, Places places) {
    return (key, inputs, out) -> {
      if (!key.has("visit")) {
        inputs.forEach(input -> out.send(key, input));
        return;
      }
      Set<DataId> under = new TreeSet<>();
      for (QuantumInput input : inputs) {
        if (input.getResult().getPayload() instanceof ExposureSummary summary
            && input.getRole().equals(visitRole)) {
          under.addAll(places.under(summary));
        }
      }
      for (QuantumInput input : inputs) {
        if (!input.getRole().equals(visitRole)) {
          under.forEach(place -> out.send(place, input));
        }
      }
    };
  }

  /** Sends everything of a role that met a visit at a place on to the visit's own key. */
  public static Rejoiner toVisits(String visitRole, String role) {
    return (key, inputs, out) -> {
      if (key.has("visit")) {
        inputs.forEach(input -> out.send(key, input));
        return;
      }
      List<QuantumInput> met = inputs.stream().filter(i -> i.getRole().equals(role)).toList();
      for (QuantumInput input : inputs) {
        if (input.getRole().equals(visitRole)) {
          DataId visit = DataId.parse(input.getResult().getDataId());
          met.forEach(other -> out.send(visit, other));
        }
      }
    };
  }
}
