"""The process with the WhatsApp client in it: the Go library of neonize, which may abort or block its process.

What enters is orders, by a Unix socket that the parent left open; what leaves is what came in, and how the client is
(``nanoclaw.channels.whatsapp.link``). It must not know the model, the store or any other channel.

Nothing that the network was told to have arrived is lost. The client sends its receipts by itself, but it writes every
node to its log before the node leaves, and waits for the log: so ``gate`` holds a receipt back until ``spool`` has the
message on disk. The same way ``journal`` learns the id of a message of ours before the message leaves.

Between the moment the client has stored that it decrypted a message and the moment the spool has it, a kill would
leave a message that cannot be decrypted again. So one message at a time is decrypted, with a note of it, and
``keeper`` puts the keys back that it used (``nanoclaw.store.whatsapp``). Where that is not possible, the network brings
it again, the client says "old counter", and it is reported as unreadable: seen to be missing, not silently gone.

The file of a message stays with the network until the parent orders it. What is needed to fetch it is in the message,
and so in the spool: the next child tells the message again, and can fetch it as well.
"""
