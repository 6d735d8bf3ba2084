package examples;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Produced;

/** Orders with the VAT of the country that they are shipped to. */
final class OrdersWithVat {
  record Country(String country, boolean is_eu, BigDecimal vat_percent, String updated_at) {}

  record Taxed(String order_id, String country, Boolean is_eu, BigDecimal net, BigDecimal vat) {
    static Taxed of(Order order, Country row) {
      String country = order.shipping_address().country();
      if (row == null) return new Taxed(order.order_id(), country, null, order.amount(), null);
      BigDecimal vat = order.amount().multiply(row.vat_percent()).movePointLeft(2).setScale(2, RoundingMode.HALF_UP);
      return new Taxed(order.order_id(), country, row.is_eu(), order.amount(), vat);
    }
  }

  static void addTo(StreamsBuilder builder) {
    KTable<String, Country> countries = builder.table("countries", Consumed.with(Serdes.String(), Json.serde(Country.class))
        .withTimestampExtractor((record, partition) -> Instant.parse(((Country) record.value()).updated_at()).toEpochMilli()));
    Order.stream(builder)
        .selectKey((key, order) -> order.shipping_address().country())
        .leftJoin(countries, Taxed::of, Joined.with(Serdes.String(), Json.serde(Order.class), Json.serde(Country.class), "by-country"))
        .selectKey((country, taxed) -> taxed.order_id())
        .to("streams_orders_with_vat", Produced.with(Serdes.String(), Json.serde(Taxed.class)));
  }
}
