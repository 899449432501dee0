package org.starbeam.runners;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.quantum.CampaignContext;

/**
 * The jars of this JVM: Starbeam's own, and the libraries that they need. A cluster whose machines
 * have the libraries gets only Starbeam's jars with a job, which saves most of the submission; its
 * workers load the libraries from where they are. Either way all of them are loaded for each job
 * anew: a library like Avro that stayed from job to job would hand out the classes of an earlier
 * one.
 */
public final class Libraries {
  /** Key of a cluster's configuration under which the paths of its libraries are. */
  public static final String CONFIGURATION_KEY = "starbeam.libraries";

  /** What Flink itself has and never takes from a job. */
  private static final String PARENT_FIRST = "(flink-|logback-|slf4j-|jul-to-slf4j).*";

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

  /** Paths as a cluster's configuration has them. */
  public static String paths(List<Path> jars) {
    return jars.stream().map(Path::toString).collect(Collectors.joining(","));
  }

  /**
   * What a job needs on a cluster.
   *
   * @param jars files to bring along
   * @param inPlace files that every machine of the cluster has
   */
  record Shipment(List<Path> jars, List<Path> inPlace) {}

  /**
   * Divides the jars of a job; file names have versions, so equal names are equal libraries.
   *
   * @param there paths of the libraries that the cluster says it has
   */
  static Shipment shipment(String there) {
    if (!complete(there)) {
      return new Shipment(Stream.concat(own().stream(), needed().stream()).toList(), List.of());
    }
    Set<String> names = needed().stream().map(Libraries::name).collect(Collectors.toSet());
    return new Shipment(
        own(),
        Stream.of(there.split(","))
            .map(Path::of)
            .filter(jar -> names.contains(name(jar)))
            .toList());
  }

  /** True when a cluster that says it has these libraries lacks none. */
  public static boolean complete(String there) {
    Set<String> known =
        Stream.of(there.split(",")).map(Path::of).map(Libraries::name).collect(Collectors.toSet());
    return needed().stream().map(Libraries::name).allMatch(known::contains);
  }

  private static String name(Path jar) {
    return String.valueOf(jar.getFileName());
  }

  private static List<Path> needed() {
    return others().stream().filter(jar -> !name(jar).matches(PARENT_FIRST)).toList();
  }

  /** The part of a version that client and cluster must share. */
  public static String minor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }
}
