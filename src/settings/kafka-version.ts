/** The versions of Kafka that payflow starts itself: 3.9 with ZooKeeper, 4 without (KRaft). */
export const kafkaVersions = ['3.9', '4'] as const
export type KafkaVersion = (typeof kafkaVersions)[number]
