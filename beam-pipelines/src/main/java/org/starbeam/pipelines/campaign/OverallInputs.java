package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.starbeam.schema.OverallInput;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.store.StoreFiles;

/**
 * Everything that a campaign is given from outside: the files of the input directory, the mapping
 * file, and the collections of the repository. Exposures that arrive later in a watched directory
 * are not among them; the ledger names those.
 */
final class OverallInputs {
  private static final List<String> FOLDERS = List.of("raw", "calibrated", "refcat");

  private OverallInputs() {}

  /** All inputs with their SHA-256, by type and path. */
  static List<OverallInput> of(CampaignSettings settings) throws IOException {
    List<OverallInput> out = new ArrayList<>(files(settings));
    Campaign.Inputs inputs = settings.campaign().inputs();
    List<String> collections = new ArrayList<>(inputs.base());
    String calibs = inputs.calibs();
    if (calibs != null) {
      collections.add(calibs);
    }
    for (String collection : collections) {
      out.add(collection(settings.repository(), collection));
    }
    out.sort(Comparator.comparing(OverallInput::getType).thenComparing(OverallInput::getPath));
    return out;
  }

  private static List<OverallInput> files(CampaignSettings settings) throws IOException {
    InputFolder input = settings.input();
    List<InputFile> found = new ArrayList<>();
    InputFile camera = input.file(Ingest.CAMERA_FILE);
    if (camera != null) {
      found.add(camera);
    }
    for (String folder : FOLDERS) {
      boolean arriving = settings.campaign().inputs().watch() && !folder.equals("refcat");
      if (!arriving) {
        found.addAll(input.files(folder));
      }
    }
    List<OverallInput> out = new ArrayList<>();
    try {
      found.parallelStream().map(OverallInputs::file).forEachOrdered(out::add);
    } catch (UncheckedIOException e) {
      throw new IOException(e.getCause());
    }
    Path mapping = settings.mapping();
    if (mapping != null) {
      out.add(file("mapping", InputFile.of(mapping.resolveSibling(""), mapping)));
    }
    return out;
  }

  private static OverallInput file(InputFile file) {
    int slash = file.relative().indexOf('/');
    return file(slash < 0 ? "camera" : file.relative().substring(0, slash), file);
  }

  private static OverallInput file(String type, InputFile file) {
    try {
      return OverallInput.newBuilder()
          .setType(type)
          .setDataId("")
          .setPath(file.relative())
          .setBytes(file.bytes())
          .setSha256(hash(type, file))
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * SHA-256 of a file. Frames in a store are not fetched for it: size and time of their last change
   * stand for them, and the ledger has their hashes when they have been ingested.
   */
  private static String hash(String type, InputFile file) throws IOException {
    boolean frame = type.equals(RawInputs.RAW) || type.equals(RawInputs.CALIBRATED);
    return frame && StoreFiles.isUri(file.place())
        ? file.ref().getContentHash()
        : ContentHash.ofFile(file.local());
  }

  /** A collection is what it stands for now: its runs, or its entries. */
  private static OverallInput collection(Path repository, String text) throws IOException {
    Collection collection = Collection.parse(text);
    Path entries = repository.resolve("registry").resolve("calibs").resolve(collection.name());
    String hash =
        switch (collection.kind()) {
          case RUN, CHAIN ->
              ContentHash.ofText(String.join("\n", new Chains(repository).runs(collection)));
          case CALIB, REFCAT -> Files.isDirectory(entries) ? ContentHash.ofDirectory(entries) : "";
        };
    return OverallInput.newBuilder()
        .setType("collection")
        .setDataId("")
        .setPath(collection.toString())
        .setBytes(0)
        .setSha256(hash)
        .build();
  }

  /** Writes the table and returns the hash of its rows. */
  static String write(Path file, List<OverallInput> inputs) throws IOException {
    return TableWriter.write(file, OverallInput.class, inputs, List.of(), List.of(), Map.of())
        .contentHash();
  }

  /** Hash of some of the inputs. */
  static String hash(List<OverallInput> inputs, List<String> types) {
    StringBuilder lines = new StringBuilder();
    for (OverallInput input : inputs) {
      if (types.contains(input.getType())) {
        lines.append(input.getType()).append('|').append(input.getPath());
        lines.append('|').append(input.getSha256()).append('\n');
      }
    }
    return lines.isEmpty() ? "none" : ContentHash.ofText(lines.toString());
  }
}
