package org.starbeam.runners.store;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.transforms.store.StoreOptions;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileProperty;
import software.amazon.awssdk.utils.SystemSetting;

/**
 * Where S3 is: region and server from what the AWS tools read them from ({@code AWS_REGION}, {@code
 * AWS_DEFAULT_REGION}, the profile; {@code AWS_ENDPOINT_URL_S3}, {@code AWS_ENDPOINT_URL}). The
 * region is always given, because Beam would ask the machine's network for it, also where no store
 * is used.
 */
public final class S3Settings implements StoreOptions.Provider {
  private static final String REGION = "awsRegion";
  private static final String ENDPOINT = "endpoint";
  private static final String USUAL_REGION = "us-east-1";

  /** Parts of a file while it is put; Beam keeps one in memory for each file, 64 MiB by itself. */
  private static final int PART_BYTES = 8 << 20;

  /** Something that is set by a system property or else by a variable of the environment. */
  private record Setting(String property, String environmentVariable) implements SystemSetting {
    @Override
    public @Nullable String defaultValue() {
      return null;
    }
  }

  @Override
  public List<String> options() {
    List<String> out = new ArrayList<>();
    out.add(REGION + "=" + region());
    String endpoint = endpoint();
    if (endpoint != null) {
      out.add(ENDPOINT + "=" + endpoint);
    }
    out.add("s3UploadBufferSizeBytes=" + PART_BYTES);
    out.add("s3ClientFactoryClass=" + S3Clients.class.getName());
    return out;
  }

  @Override
  public Set<String> keys() {
    return Set.of(REGION, ENDPOINT, "s3UploadBufferSizeBytes", "s3StorageClass", "SSEAlgorithm");
  }

  private static @Nullable String endpoint() {
    String value =
        first(
            new Setting("aws.endpointUrlS3", "AWS_ENDPOINT_URL_S3"),
            new Setting("aws.endpointUrl", "AWS_ENDPOINT_URL"));
    if (value == null) {
      return null;
    }
    URI uri;
    try {
      uri = URI.create(value);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("BAD_STORE", "AWS_ENDPOINT_URL is no URL");
    }
    if (uri.getHost() == null || uri.getUserInfo() != null || uri.getQuery() != null) {
      throw new BadInputException(
          "BAD_STORE", "AWS_ENDPOINT_URL: expected http(s)://HOST[:PORT] without credentials");
    }
    return value;
  }

  private static String region() {
    String value =
        first(
            new Setting("aws.region", "AWS_REGION"),
            new Setting("aws.defaultRegion", "AWS_DEFAULT_REGION"));
    if (value != null) {
      return value;
    }
    String profile = first(new Setting("aws.profile", "AWS_PROFILE"));
    try {
      return ProfileFile.defaultProfileFile()
          .profile(profile == null ? "default" : profile)
          .flatMap(p -> p.property(ProfileProperty.REGION))
          .orElse(USUAL_REGION);
    } catch (RuntimeException e) {
      // Who uses S3 hears of a broken file from the client; nobody else needs it.
      return USUAL_REGION;
    }
  }

  private static @Nullable String first(Setting... settings) {
    for (Setting setting : settings) {
      String value = setting.getStringValue().orElse("");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return null;
  }
}
