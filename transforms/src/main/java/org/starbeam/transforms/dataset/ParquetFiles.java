package org.starbeam.transforms.dataset;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.starbeam.failure.BadInputException;
import org.xerial.snappy.Snappy;

/** Local files and codecs for Parquet without any Hadoop configuration. */
final class ParquetFiles {
  private ParquetFiles() {}

  /** How every table is written: zstd, lists in three levels. */
  static AvroParquetWriter.Builder<GenericRecord> writer(
      Path file, Schema schema, Map<String, String> metadata) {
    return AvroParquetWriter.<GenericRecord>builder(new Output(file))
        .withSchema(schema)
        .withDataModel(GenericData.get())
        .withConf(
            new PlainParquetConfiguration(Map.of("parquet.avro.write-old-list-structure", "false")))
        .withCodecFactory(new Codecs())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
        .withExtraMetaData(metadata);
  }

  /** A local file to write. */
  static final class Output implements OutputFile {
    private final Path file;

    Output(Path file) {
      this.file = file;
    }

    @Override
    public PositionOutputStream create(long blockSizeHint) throws IOException {
      return new Counting(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }

  /** Counts what goes through. */
  private static final class Counting extends PositionOutputStream {
    private final OutputStream out;
    private long position;

    Counting(OutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      position++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      position += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** Codecs: writes zstd, reads what other programs write as well (snappy, gzip, none). */
  static final class Codecs implements CompressionCodecFactory {
    private static final int ZSTD_LEVEL = 3;

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new Compressor(codec);
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      return new Decompressor(codec);
    }

    @Override
    public void release() {}
  }

  private record Compressor(CompressionCodecName codec)
      implements CompressionCodecFactory.BytesInputCompressor {
    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      if (codec == CompressionCodecName.UNCOMPRESSED) {
        return bytes;
      }
      ByteArrayOutputStream packed = new ByteArrayOutputStream((int) bytes.size() / 2 + 64);
      try (OutputStream out = packer(packed)) {
        bytes.writeAllTo(out);
      }
      return BytesInput.from(packed.toByteArray());
    }

    private OutputStream packer(OutputStream to) throws IOException {
      return switch (codec) {
        case ZSTD -> new ZstdOutputStreamNoFinalizer(to, Codecs.ZSTD_LEVEL);
        case GZIP -> new GZIPOutputStream(to);
        default -> throw new IllegalArgumentException("tables are not written with " + codec);
      };
    }

    @Override
    public CompressionCodecName getCodecName() {
      return codec;
    }

    @Override
    public void release() {}
  }

  private record Decompressor(CompressionCodecName codec)
      implements CompressionCodecFactory.BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      if (codec == CompressionCodecName.UNCOMPRESSED) {
        return bytes;
      }
      return BytesInput.from(unpack(bytes.toByteArray(), size));
    }

    @Override
    public void decompress(ByteBuffer in, int packedSize, ByteBuffer out, int size)
        throws IOException {
      byte[] packed = new byte[packedSize];
      in.get(packed);
      out.put(unpack(packed, size));
    }

    private byte[] unpack(byte[] packed, int size) throws IOException {
      if (codec == CompressionCodecName.SNAPPY) {
        return Snappy.uncompress(packed);
      }
      try (InputStream in = unpacker(new ByteArrayInputStream(packed))) {
        return in.readNBytes(size);
      }
    }

    private InputStream unpacker(InputStream from) throws IOException {
      return switch (codec) {
        case ZSTD -> new ZstdInputStreamNoFinalizer(from);
        case GZIP -> new GZIPInputStream(from);
        case UNCOMPRESSED -> from;
        default ->
            throw new BadInputException(
                "PARQUET_CODEC",
                "the table is compressed with "
                    + codec
                    + "; write it with zstd, snappy, gzip or without compression");
      };
    }

    @Override
    public void release() {}
  }
}
