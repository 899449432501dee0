package org.starbeam.pipelines.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.SkyExtent;
import org.starbeam.hips.SkyPicture;
import org.starbeam.hips.TileArchives;
import org.starbeam.hips.TileRaster;
import org.starbeam.image.Box;

/**
 * The PNG tiles of a HiPS tree; a field is a connected part of its deepest order. A zoom above the
 * deepest one is drawn from the order as far above.
 */
final class HipsSkySource implements SkySource {
  /** Tiles that are held as pictures, 1 MB each. */
  private static final int MOST_OPEN = 64;

  private final TileArchives archives;
  private final List<HipsTile> tiles;
  private final int order;
  private final Map<HipsTile, Optional<BufferedImage>> open =
      new LinkedHashMap<>(MOST_OPEN, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<HipsTile, Optional<BufferedImage>> eldest) {
          return size() > MOST_OPEN;
        }
      };

  /**
   * @param archives of the tree
   */
  HipsSkySource(List<Path> archives) throws IOException {
    this.archives = new TileArchives(archives);
    this.tiles =
        this.archives.names().stream()
            .filter(name -> name.endsWith(".png"))
            .map(HipsTile::ofPath)
            .filter(tile -> tile != null)
            .toList();
    this.order = tiles.stream().mapToInt(HipsTile::order).max().orElse(0);
  }

  @Override
  public List<SkyExtent> fields() {
    long[] deepest =
        tiles.stream()
            .filter(t -> t.order() == order)
            .mapToLong(HipsTile::pixel)
            .sorted()
            .toArray();
    return deepest.length == 0 ? List.of() : SkyExtent.all(order, deepest);
  }

  @Override
  public double pixelDeg(int field) {
    return HipsTile.pixelDeg(order);
  }

  @Override
  public @Nullable BufferedImage draw(int field, SkyPicture picture, int above, Box part)
      throws IOException {
    return picture.draw(Math.max(0, order - above), this::tile, part);
  }

  private @Nullable BufferedImage tile(HipsTile tile) throws IOException {
    Optional<BufferedImage> known = open.get(tile);
    if (known == null) {
      String file = tile.path("png");
      known =
          archives.has(file)
              ? Optional.of(TileRaster.read(file, archives.read(file)))
              : Optional.empty();
      open.put(tile, known);
    }
    return known.orElse(null);
  }

  @Override
  public void close() throws IOException {
    archives.close();
  }
}
