package examples;

import java.math.BigDecimal;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/** Items sold and money taken, per currency. */
final class ItemsPerCurrency {
  record Sum(String currency, int orders, int items, BigDecimal revenue) {
    Sum plus(Order order) {
      int sold = order.items().stream().mapToInt(Order.Item::quantity).sum();
      return new Sum(order.currency(), orders + 1, items + sold, revenue.add(order.amount()));
    }
  }

  static void addTo(StreamsBuilder builder) {
    Order.stream(builder)
        .filter((key, order) -> !order.status().equals("cancelled"))
        .groupBy((key, order) -> order.currency(), Grouped.with("by-currency", Serdes.String(), Json.serde(Order.class)))
        .aggregate(
            () -> new Sum(null, 0, 0, BigDecimal.ZERO),
            (currency, order, sum) -> sum.plus(order),
            Materialized.<String, Sum, KeyValueStore<Bytes, byte[]>>as("sums")
                .withKeySerde(Serdes.String())
                .withValueSerde(Json.serde(Sum.class))
                .withCachingDisabled())
        .toStream()
        .to("streams_items_per_currency", Produced.with(Serdes.String(), Json.serde(Sum.class)));
  }
}
