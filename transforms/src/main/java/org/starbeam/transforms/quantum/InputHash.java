package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;

/**
 * Names of quanta and fingerprints of their inputs (specs/05 section 3.5). The payload of an input
 * counts as a dataset {@code payload:<record>} whose content is its canonical JSON, because a task
 * reads it like one.
 */
public final class InputHash {
  private InputHash() {}

  /** The same quantum has the same id in every run: 32 hexadecimal digits. */
  public static String quantumId(String task, DataId id) {
    return ContentHash.ofText("sbq1\n" + task + "\n" + id).substring(0, 32);
  }

  /** SHA-256 of task, version, configuration hash and the sorted inputs. */
  public static String of(String task, int version, String configHash, Collection<String> lines) {
    StringBuilder text = new StringBuilder("sbi1\n");
    text.append(task).append('\n').append(version).append('\n').append(configHash).append('\n');
    List<String> sorted = new ArrayList<>(lines);
    Collections.sort(sorted);
    String before = null;
    for (String line : sorted) {
      if (!line.equals(before)) {
        text.append(line).append('\n');
      }
      before = line;
    }
    return ContentHash.ofText(text.toString());
  }

  /** The line of one dataset. */
  public static String line(String datasetType, String dataId, String contentHash) {
    return datasetType + "|" + dataId + "|" + contentHash;
  }

  /** Lines of everything that the inputs bring; absence markers bring nothing. */
  static List<String> lines(List<QuantumInput> inputs) {
    List<String> lines = new ArrayList<>();
    for (QuantumInput input : inputs) {
      QuantumResult result = input.getResult();
      if (QuantumResults.isPresent(result)) {
        for (DatasetRef output : result.getOutputs()) {
          lines.add(line(output.getDatasetType(), output.getDataId(), output.getContentHash()));
        }
        if (result.getPayload() != null) {
          lines.add(payloadLine(result));
        }
      }
    }
    return lines;
  }

  private static String payloadLine(QuantumResult result) {
    Object payload = result.getPayload();
    return line(
        "payload:" + payload.getClass().getSimpleName(),
        result.getDataId(),
        ContentHash.ofText(CanonicalJson.write(payload)));
  }

  /**
   * Hash of all settings that can change a task's bytes: its own configuration and the campaign's
   * release number and instrument numbers.
   */
  static String configHash(TaskSpec spec, CampaignContext campaign) {
    return ContentHash.ofText(
        "{\"config\":"
            + spec.configJson()
            + ",\"instruments\":"
            + CanonicalJson.write(campaign.instruments())
            + ",\"release\":"
            + campaign.release()
            + "}");
  }
}
