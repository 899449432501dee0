package org.starbeam.runners;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.quantum.CampaignContext;

/**
 * The jars of this JVM: Starbeam's own, and the libraries that they need. A cluster whose own class
 * path has the libraries gets only Starbeam's jars with a job, which saves most of the submission.
 */
public final class Libraries {
  /** Key of a cluster's configuration under which the file names of its libraries are. */
  public static final String CONFIGURATION_KEY = "starbeam.libraries";

  /** What every Flink installation has, and what must not be there twice. */
  private static final String PARENT_FIRST =
      "(flink-|logback-|slf4j-|jul-to-slf4j|beam-runners-direct).*";

  private Libraries() {}

  /** Starbeam's jars, or directories of classes in a development tree. */
  public static List<Path> own() {
    return Stream.of(
            QuantumRecord.class,
            BadInputException.class,
            CampaignContext.class,
            PipelineLauncher.class,
            Libraries.class)
        .map(Libraries::place)
        .distinct()
        .toList();
  }

  private static Path place(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null) {
      throw new IllegalStateException(type + " comes from nowhere");
    }
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All other jars of the class path, in its order. */
  public static List<Path> others() {
    Set<Path> own = Set.copyOf(own());
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .map(entry -> Path.of(entry).toAbsolutePath().normalize())
        .filter(jar -> !own.contains(jar))
        .toList();
  }

  /** File names joined by commas; versions are part of them. */
  public static String names(List<Path> jars) {
    return jars.stream().map(jar -> jar.getFileName().toString()).collect(Collectors.joining(","));
  }

  /**
   * What a job must bring along to a cluster.
   *
   * @param there names of the libraries that the cluster says it has
   */
  static List<Path> toShip(String there) {
    return complete(there) ? own() : Stream.concat(own().stream(), needed().stream()).toList();
  }

  /** True when a cluster that says it has these libraries lacks none. */
  public static boolean complete(String there) {
    Set<String> known = new TreeSet<>(List.of(there.split(",")));
    return needed().stream().allMatch(jar -> known.contains(jar.getFileName().toString()));
  }

  private static List<Path> needed() {
    return others().stream()
        .filter(jar -> !jar.getFileName().toString().matches(PARENT_FIRST))
        .toList();
  }

  /** The part of a version that client and cluster must share. */
  public static String minor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }
}
