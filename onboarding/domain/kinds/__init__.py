"""The kinds of check: one record each, from which queues, subjects, texts, reopened answers and decisions come."""
