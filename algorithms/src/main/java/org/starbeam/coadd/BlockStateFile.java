package org.starbeam.coadd;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;

/**
 * The state of a block in one file: a header, then a zstd frame for each input, one for its
 * smoothed warp and one for each cell, each with its lengths. Equal states give equal bytes.
 *
 * <p>The header carries an identity: a text that says what made the state (configuration, version,
 * sky map, block). A state is of use only to who would have made the same.
 */
public final class BlockStateFile {
  private static final int MAGIC = 0x53424253;
  private static final int FORMAT = 1;
  private static final int LEVEL = 1;
  private static final int LARGEST_FRAME = 1 << 30;

  private BlockStateFile() {}

  public static void write(Path path, String identity, BlockState state) {
    try (OutputStream file = Files.newOutputStream(path);
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(file, 1 << 16))) {
      out.writeInt(MAGIC);
      out.writeInt(FORMAT);
      StateWriter header = new StateWriter();
      header.text(identity);
      header.integer(state.inputs().size());
      header.integer(state.cells().size());
      frame(out, header);
      for (AccumulatedInput input : state.inputs()) {
        StateWriter writer = new StateWriter();
        write(writer, input);
        frame(out, writer);
        if (input.smoothed() != null) {
          PackedWarp.Packed packed = input.smoothed().packed();
          frame(out, packed.length(), packed.frame());
        }
      }
      for (Map.Entry<CellKey, CellAccumulator> cell : state.cells().entrySet()) {
        StateWriter writer = new StateWriter();
        write(writer, cell.getKey());
        writer.bytes(cell.getValue().toBytes());
        frame(out, writer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void frame(DataOutputStream out, StateWriter content) throws IOException {
    byte[] bytes = content.toBytes();
    frame(out, bytes.length, Zstd.compress(bytes, LEVEL));
  }

  private static void frame(DataOutputStream out, int length, byte[] packed) throws IOException {
    out.writeInt(length);
    out.writeInt(packed.length);
    out.write(packed);
  }

  /**
   * Reads a state.
   *
   * @return empty when it is of another identity or format
   * @throws BadInputException {@code CORRUPT} when the file is damaged
   */
  public static Optional<BlockState> read(Path path, String identity) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 16))) {
      if (in.readInt() != MAGIC || in.readInt() != FORMAT) {
        return Optional.empty();
      }
      StateReader header = frame(in);
      if (!header.text().equals(identity)) {
        return Optional.empty();
      }
      int inputCount = header.integer();
      int cellCount = header.integer();
      List<AccumulatedInput> inputs = new ArrayList<>();
      for (int i = 0; i < inputCount; i++) {
        inputs.add(input(in));
      }
      Map<CellKey, CellAccumulator> cells = new TreeMap<>();
      for (int i = 0; i < cellCount; i++) {
        StateReader cell = frame(in);
        cells.put(key(cell), CellAccumulator.fromBytes(cell.bytes()));
      }
      return Optional.of(new BlockState(inputs, cells));
    } catch (EOFException | ZstdException e) {
      throw new BadInputException("CORRUPT", path + ": the state of a block ends early", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StateReader frame(DataInputStream in) throws IOException {
    PackedWarp.Packed packed = packed(in);
    return new StateReader(Zstd.decompress(packed.frame(), packed.length()));
  }

  private static PackedWarp.Packed packed(DataInputStream in) throws IOException {
    int length = in.readInt();
    int packed = in.readInt();
    if (length < 0 || packed < 0 || length > LARGEST_FRAME || packed > LARGEST_FRAME) {
      throw new EOFException();
    }
    byte[] frame = in.readNBytes(packed);
    if (frame.length < packed) {
      throw new EOFException();
    }
    return new PackedWarp.Packed(length, frame);
  }

  private static void write(StateWriter out, CellKey key) {
    out.integer(key.cx());
    out.integer(key.cy());
  }

  private static CellKey key(StateReader in) {
    return new CellKey(in.integer(), in.integer());
  }

  private static void write(StateWriter out, AccumulatedInput input) {
    out.number(input.visit());
    out.integer(input.detector());
    out.text(input.content());
    out.integer(input.weight());
    out.real(input.psfSigma());
    InputCodec.write(out, input.statistics());
    out.integer(input.cells().size());
    input.cells().forEach(key -> write(out, key));
    write(out, input.mask());
    PackedWarp smoothed = input.smoothed();
    Box box = smoothed == null ? Box.EMPTY : smoothed.box();
    for (int edge : new int[] {box.x0(), box.y0(), box.width(), box.height()}) {
      out.integer(edge);
    }
  }

  private static AccumulatedInput input(DataInputStream file) throws IOException {
    StateReader in = frame(file);
    long visit = in.number();
    int detector = in.integer();
    String content = in.text();
    int weight = in.integer();
    double psfSigma = in.real();
    InputStatistics statistics = InputCodec.statistics(in);
    List<CellKey> cells = new ArrayList<>();
    int count = in.integer();
    for (int i = 0; i < count; i++) {
      cells.add(key(in));
    }
    ArtifactMask mask = mask(in, visit, detector);
    Box box = new Box(in.integer(), in.integer(), in.integer(), in.integer());
    PackedWarp smoothed = box.isEmpty() ? null : PackedWarp.of(box, packed(file));
    return new AccumulatedInput(
        visit, detector, content, weight, psfSigma, statistics, cells, smoothed, mask);
  }

  private static void write(StateWriter out, ArtifactMask mask) {
    out.integer(mask.artifacts().size());
    for (ArtifactMask.Artifact artifact : mask.artifacts()) {
      out.integer(artifact.reason().ordinal());
      out.integer(artifact.area());
      out.real(artifact.maxSn());
      out.integer(artifact.nMax());
      out.real(artifact.meanCount());
      out.integer(artifact.pixels().size());
      out.ints(artifact.pixels().runs());
    }
  }

  private static ArtifactMask mask(StateReader in, long visit, int detector) {
    List<ArtifactMask.Artifact> artifacts = new ArrayList<>();
    int count = in.integer();
    for (int i = 0; i < count; i++) {
      ArtifactMask.Reason reason = ArtifactMask.Reason.values()[in.integer()];
      int area = in.integer();
      double maxSn = in.real();
      int most = in.integer();
      double meanCount = in.real();
      SpanSet pixels = SpanSet.ofRuns(in.ints(3 * in.integer()));
      artifacts.add(new ArtifactMask.Artifact(pixels, reason, area, maxSn, most, meanCount));
    }
    return new ArtifactMask(visit, detector, List.copyOf(artifacts));
  }
}
