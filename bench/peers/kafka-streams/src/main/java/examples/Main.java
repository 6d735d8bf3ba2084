package examples;

import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/** One of the examples: java examples.Main BROKERS STATE_DIR THREADS items-per-currency|fraud-score|orders-with-vat */
public final class Main {
  public static void main(String[] args) throws InterruptedException {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "streams-" + args[3]);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.STATE_DIR_CONFIG, args[1]);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Integer.parseInt(args[2]));
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");

    StreamsBuilder builder = new StreamsBuilder();
    switch (args[3]) {
      case "items-per-currency" -> ItemsPerCurrency.addTo(builder);
      case "fraud-score" -> FraudScore.addTo(builder);
      case "orders-with-vat" -> OrdersWithVat.addTo(builder);
      default -> throw new IllegalArgumentException("no example " + args[3]);
    }
    KafkaStreams streams = new KafkaStreams(builder.build(config), config);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    Thread.currentThread().join();
  }
}
