package examples;

import static org.apache.kafka.streams.kstream.Suppressed.BufferConfig.unbounded;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.SessionStore;

/** How suspicious each burst of orders of a customer is, from 0 to 100. */
final class FraudScore {
  private static final int LEAST = 10;

  record Burst(int orders, BigDecimal largest, Set<String> currencies, Set<String> countries) {
    static Burst of(Order order) {
      return new Burst(1, order.amount(), Set.of(order.currency()), Set.of(order.shipping_address().country()));
    }

    static Burst merge(Burst a, Burst b) {
      if (a.orders == 0) return b;
      if (b.orders == 0) return a;
      return new Burst(a.orders + b.orders, a.largest.max(b.largest), union(a.currencies, b.currencies), union(a.countries, b.countries));
    }

    int score() {
      return Math.min(25 * (orders - 1), 50)
          + (largest.compareTo(BigDecimal.valueOf(1500)) > 0 ? 10 : 0)
          + (currencies.size() > 1 ? 15 : 0)
          + (countries.size() > 1 ? 25 : 0);
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
      Set<String> all = new TreeSet<>(a);
      all.addAll(b);
      return all;
    }
  }

  record Score(String customer_email, long start, long end, int orders, BigDecimal largest, int score) {
    static Score of(Windowed<String> window, Burst burst) {
      return new Score(window.key(), window.window().start(), window.window().end(), burst.orders, burst.largest, burst.score());
    }
  }

  static void addTo(StreamsBuilder builder) {
    Order.stream(builder)
        .groupBy((key, order) -> order.customer_email(), Grouped.with("by-customer", Serdes.String(), Json.serde(Order.class)))
        .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofMinutes(1), Duration.ofMinutes(5)))
        .aggregate(
            () -> new Burst(0, BigDecimal.ZERO, Set.of(), Set.of()),
            (email, order, burst) -> Burst.merge(burst, Burst.of(order)),
            (email, a, b) -> Burst.merge(a, b),
            Materialized.<String, Burst, SessionStore<Bytes, byte[]>>as("bursts")
                .withKeySerde(Serdes.String())
                .withValueSerde(Json.serde(Burst.class)))
        .suppress(Suppressed.untilWindowCloses(unbounded()))
        .toStream()
        .map((window, burst) -> KeyValue.pair(window.key(), Score.of(window, burst)))
        .filter((email, score) -> score.score() >= LEAST)
        .to("streams_fraud_scores", Produced.with(Serdes.String(), Json.serde(Score.class)));
  }
}
