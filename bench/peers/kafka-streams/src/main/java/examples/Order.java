package examples;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.math.BigDecimal;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;

/** An order as another program writes it: what examples/orders.js declares. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Order(String order_id, String customer_name, String customer_email, BigDecimal amount, String currency, String status,
             int item_count, long created_at, Address shipping_address, List<Item> items) {
  record Address(String street, String city, String country, String zip_code) {}

  record Item(String product_id, String name, int quantity, BigDecimal price) {}

  static KStream<String, Order> stream(StreamsBuilder builder) {
    return builder.stream("orders", Consumed.with(Serdes.String(), Json.serde(Order.class))
        .withTimestampExtractor((record, partition) -> ((Order) record.value()).created_at()));
  }
}
