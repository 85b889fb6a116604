"""Azure OpenAI as its callers see it: strict where Azure is, and answering with what answered."""
