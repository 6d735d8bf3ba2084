import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;

/** What process-orders and process-payments do, for the topology of {@link Pipeline}. */
final class Matching {
  private static final long WAIT_MS = Duration.ofMinutes(10).toMillis();
  private static final long RETENTION_MS = Duration.ofDays(1).toMillis();
  private static final Serde<byte[]> RAW = Serdes.ByteArray();

  static void addTo(StreamsBuilder b, KStream<byte[], byte[]> orders, KStream<byte[], byte[]> payments) {
    b.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("users"), RAW, RAW).withCachingEnabled());
    b.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("matching"), Serdes.String(), RAW).withCachingEnabled());
    KStream<byte[], byte[]> users = b.stream("users", Consumed.with(RAW, RAW));
    orders.merge(users).processValues(Enrich::new, "users").to("enriched_orders", Produced.with(RAW, RAW));
    orders.merge(payments).process(Match::new, "matching").to("order_status", Produced.with(RAW, RAW));
  }

  static final class Enrich implements FixedKeyProcessor<byte[], byte[], byte[]> {
    private KeyValueStore<byte[], byte[]> store;
    private FixedKeyProcessorContext<byte[], byte[]> context;

    public void init(FixedKeyProcessorContext<byte[], byte[]> c) { context = c; store = c.getStateStore("users"); }

    public void process(FixedKeyRecord<byte[], byte[]> r) {
      JsonNode event = Pipeline.parse(r.value());
      if (event == null) return;
      byte[] before = store.get(r.key());
      JsonNode user = before == null ? null : Pipeline.parse(before);
      if (event.has("event_type")) {
        if (user != null && user.get("last_seen").asText().compareTo(event.get("timestamp").asText()) > 0) return;
        ObjectNode now = Pipeline.JSON.createObjectNode();
        now.set("name", event.get("name"));
        now.set("last_event_type", event.get("event_type"));
        now.set("last_seen", event.get("timestamp"));
        store.put(r.key(), Pipeline.bytes(now));
        return;
      }
      ObjectNode out = Pipeline.copy(event, "order_id", "user_id", "product_id", "quantity", "price", "timestamp");
      out.put("total", Pipeline.cents(event.get("price")) * event.get("quantity").asInt() / 100.0);
      out.set("user", user);
      context.forward(r.withValue(Pipeline.bytes(out)));
    }
  }

  static final class Match implements Processor<byte[], byte[], byte[], byte[]> {
    private KeyValueStore<String, byte[]> store;
    private ProcessorContext<byte[], byte[]> context;

    public void init(ProcessorContext<byte[], byte[]> c) {
      context = c;
      store = c.getStateStore("matching");
      c.schedule(Duration.ofMinutes(10), PunctuationType.STREAM_TIME, this::expire);
    }

    public void process(Record<byte[], byte[]> r) {
      JsonNode event = Pipeline.parse(r.value());
      if (event == null) return;
      String key = event.get("user_id").asText() + ":" + event.get("order_id").asText();
      byte[] before = store.get(key);
      ObjectNode state = before == null ? fresh() : (ObjectNode) Pipeline.parse(before);
      state.put("newest", Math.max(state.get("newest").asLong(), r.timestamp()));
      if (!event.has("payment_id")) {
        state.put("total", Pipeline.cents(event.get("price")) * event.get("quantity").asInt());
        for (JsonNode payment : state.get("open")) emit(r, payment, state.get("total").asLong());
        state.putArray("open");
      } else if (state.get("total").isNull()) {
        ObjectNode open = Pipeline.copy(event, "payment_id", "order_id", "user_id", "status", "amount", "payment_method", "timestamp");
        open.put("since", r.timestamp());
        open.put("reported", false);
        ((ArrayNode) state.get("open")).add(open);
      } else emit(r, event, state.get("total").asLong());
      store.put(key, Pipeline.bytes(state));
    }

    private static ObjectNode fresh() {
      ObjectNode state = Pipeline.JSON.createObjectNode();
      state.putNull("total");
      state.putArray("open");
      state.put("newest", 0L);
      return state;
    }

    private void emit(Record<byte[], byte[]> cause, JsonNode payment, Long total) {
      String status = total == null ? "UNKNOWN_ORDER"
          : payment.get("status").asText().equals("FAILED") ? "DECLINED"
          : Pipeline.cents(payment.get("amount")) == total ? "PAID" : "AMOUNT_MISMATCH";
      ObjectNode out = Pipeline.copy(payment, "order_id", "user_id", "amount", "payment_id", "payment_method", "timestamp");
      if (total == null) out.putNull("order_total"); else out.put("order_total", total / 100.0);
      out.put("status", status);
      byte[] key = payment.get("user_id").asText().getBytes(StandardCharsets.UTF_8);
      context.forward(new Record<>(key, Pipeline.bytes(out), cause == null ? context.currentStreamTimeMs() : cause.timestamp()));
    }

    /** Payments whose order has not come in time are reported; what is older than a day is dropped. */
    private void expire(long now) {
      List<KeyValue<String, byte[]>> changed = new ArrayList<>();
      try (KeyValueIterator<String, byte[]> all = store.all()) {
        while (all.hasNext()) {
          KeyValue<String, byte[]> entry = all.next();
          ObjectNode state = (ObjectNode) Pipeline.parse(entry.value);
          boolean isChanged = false;
          for (JsonNode payment : state.get("open"))
            if (!payment.get("reported").asBoolean() && payment.get("since").asLong() + WAIT_MS <= now) {
              emit(null, payment, null);
              ((ObjectNode) payment).put("reported", true);
              isChanged = true;
            }
          if (state.get("newest").asLong() + RETENTION_MS <= now) changed.add(KeyValue.pair(entry.key, null));
          else if (isChanged) changed.add(KeyValue.pair(entry.key, Pipeline.bytes(state)));
        }
      }
      for (KeyValue<String, byte[]> entry : changed) store.put(entry.key, entry.value);
    }
  }
}
