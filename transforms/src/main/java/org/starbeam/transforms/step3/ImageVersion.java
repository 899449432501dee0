package org.starbeam.transforms.step3;

import com.google.common.base.Splitter;
import java.util.List;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;

/**
 * Which content of a visit image, with its summary, went into a coadd.
 *
 * @param image content hash of the visit image
 * @param summary hash of the summary
 * @param id data id of both
 */
record ImageVersion(String image, String summary, DataId id) {
  static ImageVersion of(DatasetRef image, ExposureSummary summary) {
    return new ImageVersion(
        image.getContentHash(),
        ContentHash.ofText(CanonicalJson.write(summary)),
        DataId.parse(image.getDataId()));
  }

  String text() {
    return image + "/" + summary + "/" + id;
  }

  /** Reads what {@link #text} wrote. */
  static ImageVersion parse(String text) {
    List<String> parts = Splitter.on('/').splitToList(text);
    return new ImageVersion(parts.get(0), parts.get(1), DataId.parse(parts.get(2)));
  }
}
