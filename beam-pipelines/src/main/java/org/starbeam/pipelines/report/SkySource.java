package org.starbeam.pipelines.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.SkyExtent;
import org.starbeam.hips.SkyPicture;
import org.starbeam.image.Box;

/** What the tiles of the sky view ({@link SkyTiles}) are made from. */
interface SkySource extends AutoCloseable {
  /** The fields that there are; of too many the first ones are drawn. */
  List<SkyExtent> fields();

  /** Size of the smallest pixels of a field, degrees. */
  double pixelDeg(int field);

  /**
   * Draws a part of a picture of a field.
   *
   * @param above zooms that the picture is above the one with the smallest pixels
   * @param part columns and lines of the picture, lines from the top
   * @return null when there is nothing in it
   */
  @Nullable BufferedImage draw(int field, SkyPicture picture, int above, Box part)
      throws IOException;

  @Override
  void close() throws IOException;
}
