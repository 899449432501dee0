package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.quantum.ErrorSignature;
import org.starbeam.transforms.quantum.FailureClass;

/**
 * Errors that somebody has looked at, {@code errors.yaml}: those of the repository, which come
 * first, and those that Starbeam ships.
 */
final class ErrorsFile {
  private static final String NAME = "errors.yaml";
  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory()).enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private ErrorsFile() {}

  /** One entry as it is written. */
  private record Entry(
      @Nullable String name,
      @Nullable String code,
      @Nullable String message,
      @Nullable String task,
      @Nullable String errorClass,
      double tolerance,
      @Nullable String ticket,
      @Nullable String note,
      boolean resolved) {}

  private record Document(@Nullable List<Entry> errors) {}

  /**
   * All signatures, first match wins.
   *
   * @throws UserException when the repository's file is at fault
   */
  static List<ErrorSignature> all(Path repository) throws IOException {
    List<ErrorSignature> out = new ArrayList<>();
    Path own = repository.resolve(NAME);
    if (Files.exists(own)) {
      out.addAll(read(Files.readString(own), own.toString()));
    }
    try (InputStream shipped = ErrorsFile.class.getResourceAsStream("/" + NAME)) {
      if (shipped == null) {
        throw new IllegalStateException("resource " + NAME + " is missing");
      }
      String text = new String(shipped.readAllBytes(), StandardCharsets.UTF_8);
      out.addAll(read(text, NAME));
    }
    return out;
  }

  static List<ErrorSignature> read(String text, String file) {
    try {
      Document document = YAML.readValue(text, Document.class);
      List<ErrorSignature> out = new ArrayList<>();
      List<Entry> entries = document.errors();
      for (Entry entry : entries == null ? List.<Entry>of() : entries) {
        out.add(signature(entry, out.size() + 1));
      }
      return out;
    } catch (UnrecognizedPropertyException e) {
      throw fault(file, line(e) + "unknown key '" + e.getPropertyName() + "'");
    } catch (JsonProcessingException e) {
      throw fault(file, line(e) + e.getOriginalMessage());
    } catch (BadInputException e) {
      throw fault(file, String.valueOf(e.getMessage()));
    }
  }

  private static ErrorSignature signature(Entry entry, int number) {
    String name = entry.name() == null ? "number " + number : entry.name();
    return new ErrorSignature(
        name,
        entry.code(),
        entry.message(),
        entry.task(),
        failureClass(entry.errorClass(), name),
        entry.tolerance(),
        entry.ticket(),
        entry.note(),
        entry.resolved());
  }

  private static @Nullable FailureClass failureClass(@Nullable String word, String name) {
    if (word == null) {
      return null;
    }
    try {
      return FailureClass.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "ERRORS_INVALID",
          "signature "
              + name
              + ": errorClass "
              + word
              + ", expected one of "
              + List.of(FailureClass.values()),
          e);
    }
  }

  private static String line(JsonProcessingException e) {
    return e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
  }

  private static UserException fault(String file, String what) {
    return new UserException(ExitCode.USAGE, "ERRORS_INVALID: " + file + ": " + what);
  }
}
